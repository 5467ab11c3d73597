import { resolve } from "node:path";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// The chat that other sites embed: one script under one name, beside the pages of `vite.config.ts`.
export default defineConfig({
  plugins: [preact()],
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: process.env.WARMLINE_WEB_OUT ?? "../service/web_dist",
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: resolve(import.meta.dirname, "src/chat/main.tsx"),
      formats: ["iife"],
      name: "WarmlineChat",
      fileName: () => "chat.js",
    },
  },
});
