import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Packages that put their styles into the page when they are loaded, which the page's policy refuses; what is needed of them is in style.css. */
const INJECTS = /node_modules\/(force-graph|float-tooltip)\//;

/** @type {import("vite").Plugin} */
const withoutInjectedStyles = {
  name: "without-injected-styles",
  transform: { filter: { id: INJECTS }, handler: (code) => code.replaceAll(/styleInject\(css_\w+\);/g, "") },
};

/** @type {import("vite").UserConfig} */
export default {
  root: here,
  base: "/",
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  plugins: [react(), withoutInjectedStyles],
  build: {
    emptyOutDir: true,
    // The pages' policy allows no inline data but images, and a second file is cheap.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
};
