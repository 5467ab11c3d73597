import { defineConfig } from "vitest/config";

// Folds, captions and formats are pure: they are tested without a browser. The pages are tested in Chromium by pytest.
export default defineConfig({ test: { include: ["src/**/*.test.ts"], environment: "node" } });
