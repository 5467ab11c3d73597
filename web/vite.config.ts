import { resolve } from "node:path";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Two pages, one for callers and one for staff; the build is committed and compared with a fresh one by the tests.
export default defineConfig({
  plugins: [preact()],
  base: "/",
  build: {
    outDir: process.env.WARMLINE_WEB_OUT ?? "../service/web_dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { caller: resolve(import.meta.dirname, "caller.html"), staff: resolve(import.meta.dirname, "staff.html") },
    },
  },
});
