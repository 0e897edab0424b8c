import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import jsoncParser from 'jsonc-eslint-parser';

export default [
  {
    ignores: [
      '**/dist',
      '**/tmp',
      '**/.nx',
      '**/generators/*/files/**',
      '**/schema.d.ts',
      '**/node_modules',
    ],
  },
  ...tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
  },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
    languageOptions: { globals: { module: 'writable', require: 'readonly', process: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    rules: {
      eqeqeq: ['error', 'always'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['packages/nx-lambda-python/{package,generators,executors,migrations}.json'],
    languageOptions: { parser: jsoncParser },
    rules: {
      '@nx/nx-plugin-checks': 'error',
      '@nx/dependency-checks': [
        'error',
        {
          // Its build carries the files that it needs of this package.
          ignoredDependencies: ['@vscode/tree-sitter-wasm'],
          ignoredFiles: [
            '{projectRoot}/**/*.spec.ts',
            '{projectRoot}/**/*.fixtures.ts',
            '{projectRoot}/jest.config.cjs',
          ],
        },
      ],
    },
  },
];
