# Answers every request with what stands in /says. Perl, because every Debian image has it.
use strict;
use warnings;
use IO::Socket::INET;

open my $file, '<', '/says' or die "no /says: $!";
my $says = do { local $/; <$file> };
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die "can't listen: $!";
$SIG{TERM} = sub { exit 0 };
while (1) {
    my $client = $server->accept or next;
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    print $client "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ", length $says, "\r\n\r\n", $says;
    close $client;
}
