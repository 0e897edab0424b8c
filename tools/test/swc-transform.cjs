/** How specs are compiled: CommonJS, with `import()` kept for packages that are ESM only. */
exports.swcTransform = [
  '@swc/jest',
  {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript', decorators: false }, target: 'es2022' },
    module: { type: 'commonjs', ignoreDynamic: true },
    sourceMaps: 'inline',
  },
];
