module guildnet/toolchain/talos-runc

go 1.26.0
