import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Who may import whom, as folders of this project; all others of its folders are closed to them. */
const imports = [
  { files: ["index.ts"], closed: ["components", "provider", "policy", "images", "toolchain", "tests"], reason: "index.ts imports stacks alone" },
  { files: ["stacks/**"], closed: ["policy", "images", "toolchain", "tests"], reason: "stacks imports components alone" },
  { files: ["components/**"], closed: ["stacks", "policy", "images", "toolchain", "tests"], reason: "components imports the provider's SDK alone" },
  { files: ["provider/**"], closed: ["stacks", "components", "policy", "images", "toolchain", "tests"], reason: "the provider imports nothing of ours" },
  { files: ["policy/**"], closed: ["stacks", "components", "provider", "images", "toolchain", "tests"], reason: "the policy pack imports nothing of ours" },
  { files: ["images/**"], closed: ["stacks", "components", "provider", "policy", "toolchain", "tests"], reason: "an image imports nothing of ours" },
  { files: ["toolchain/**"], closed: ["stacks", "components", "policy", "images/(portal|workspace)", "tests"], reason: "the toolchain imports provider/control.ts alone" },
];

/** The one door of the provider for each of those who may pass it at all. */
const doors = [
  { files: ["stacks/**", "components/**"], door: "sdk" },
  { files: ["toolchain/**"], door: "control\\.ts$" },
];

const noEnum = { selector: "TSEnumDeclaration", message: "Use a union of strings." };

const closedFolders = ({ files, closed, reason }) => {
  const patterns = closed.map((folder) => ({ regex: `^(\\.\\.?/)+${folder}/`, message: `${reason}.` }));
  const door = doors.find((entry) => entry.files.includes(files[0]));
  if (door) patterns.push({ regex: `^(\\.\\.?/)+provider/(?!${door.door})`, message: `of provider, only ${door.door.replace("\\.ts$", ".ts")} is open.` });
  return {
    files: files.map((glob) => (glob.endsWith(".ts") ? glob : `${glob}/*.{ts,tsx,mjs}`)),
    // Tests may hold two parts against each other.
    ignores: ["**/*.test.ts", "**/*.test.tsx"],
    rules: { "no-restricted-imports": ["error", { patterns }] },
  };
};

export default tseslint.config(
  { ignores: ["**/dist", "**/node_modules", "images/*/rootfs", "**/*.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-syntax": ["error", noEnum],
      // TypeScript finds these.
      "no-undef": "off",
    },
  },
  { files: ["**/*.{js,mjs}"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", Buffer: "readonly", setTimeout: "readonly", clearTimeout: "readonly" } } },
  // pulumi.Config is read in one place.
  {
    files: ["stacks/**/*.ts", "components/**/*.ts", "index.ts"],
    ignores: ["stacks/config.ts", "**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", noEnum, { selector: "NewExpression[callee.property.name='Config']", message: "Only stacks/config.ts reads pulumi.Config." }] },
  },
  ...imports.map(closedFolders),
);
