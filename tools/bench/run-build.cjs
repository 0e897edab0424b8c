/** Runs the build executor of the workspace in the current directory once, and prints what it took as JSON. */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [project, root, options] = process.argv.slice(2);
const require_ = createRequire(join(process.cwd(), 'package.json'));
const manifest = require_.resolve('nx-lambda-python/executors.json');
const { default: build } = require_(join(manifest, '..', 'src/executors/build'));

const context = {
  root: process.cwd(),
  projectName: project,
  projectsConfigurations: { projects: { [project]: { root } } },
};
const print = console.log;
console.log = () => undefined;
const started = performance.now();
build({ outputPath: `dist/${root}`, ...JSON.parse(options) }, context).then(({ success }) => {
  const milliseconds = performance.now() - started;
  // In kilobytes on every system that Node knows.
  print(JSON.stringify({ success, milliseconds, memory: process.resourceUsage().maxRSS }));
});
