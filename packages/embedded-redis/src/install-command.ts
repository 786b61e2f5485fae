const INSTALL_COMMANDS: Partial<Record<NodeJS.Platform, string>> = {
  linux: "sudo apt-get install redis-server (Fedora: sudo dnf install valkey; Alpine: apk add valkey)",
  darwin: "brew install valkey",
  win32: "install Memurai or run inside WSL2 (sudo apt-get install redis-server)",
};

/** What a person has to type on this platform to get a Redis server. */
export function installCommand(platform: NodeJS.Platform): string {
  const command =
    INSTALL_COMMANDS[platform] ?? "install Redis or Valkey with the package manager of this system";
  return `${command}, or point REDIS_URL at a running server, or HEDDLE_REDIS_BINARY at a redis-server.`;
}
