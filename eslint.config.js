// The scripts of the page: ESLint's recommended rules, and no unused code.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/uplot.js", "**/uqr.js", "**/katex.js", "**/ort/**", ".venv/**", "build/**"] },
  js.configs.recommended,
  {
    files: ["gan/ui/**/*.js", "tests/**/*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...globals.browser } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-unused-vars": ["error", { args: "after-used", argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "all" }],
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always"],
      "no-implicit-globals": "error",
    },
  },
  {
    files: ["gan/ui/page/kit/generator.js"],
    languageOptions: { globals: { ...globals.worker } },
  },
  {
    files: ["gan/ui/page/boot.js", "gan/ui/page/landing.js"],
    languageOptions: { sourceType: "script", globals: { __DATA__: "readonly" } },
  },
  { files: ["eslint.config.js", "tests/scripts/**"], languageOptions: { globals: { ...globals.node } } },
];
