import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * The portal, and what stands in for a workspace on the workspace's own host: the page that waits for it, and the one
 * that says what went wrong, which the server fills in. They load from `/.guildnet/assets/`.
 *
 * @type {import("vite").UserConfig}
 */
export default {
  root: here,
  base: "/.guildnet/",
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  plugins: [react()],
  build: {
    emptyOutDir: true,
    // The pages' policy allows no inline data but images, and a second file is cheap.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: `${here}index.html`, waiting: `${here}waiting.html`, error: `${here}error.html` },
    },
  },
};
