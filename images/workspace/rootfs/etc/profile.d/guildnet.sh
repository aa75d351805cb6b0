# Login shells find what others find: /etc/profile has just put a PATH of its own in place of the image's.
case ":$PATH:" in *":/opt/guildnet/bin:"*) ;; *) PATH="/opt/guildnet/bin:$PATH" ;; esac
case ":$PATH:" in *":$HOME/.local/bin:"*) ;; *) PATH="$HOME/.local/bin:$PATH" ;; esac
export PATH
