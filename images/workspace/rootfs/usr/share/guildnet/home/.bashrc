# Yours to change.
[[ $- == *i* ]] || return
HISTSIZE=50000 HISTFILESIZE=100000
shopt -s histappend checkwinsize
source /usr/share/bash-completion/bash_completion
PS1='\[\e[36m\]\w\[\e[0m\] \$ '
