/**
 * Runs the upload or deploy executor of the workspace in the current directory once, as soon as a line comes
 * on standard input, and prints what it took as JSON.
 */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [executor, project, root, upload, deploy] = process.argv.slice(2);
const require_ = createRequire(join(process.cwd(), 'package.json'));
const targets = { build: {}, upload: { options: JSON.parse(upload) }, deploy: {} };
const context = {
  root: process.cwd(),
  projectName: project,
  projectGraph: { nodes: { [project]: { name: project, data: { root, targets } } } },
  projectsConfigurations: { projects: { [project]: { root } } },
};
const options = executor === 'upload' ? targets.upload.options : JSON.parse(deploy);
const print = console.log;
console.log = () => undefined;
const manifest = require_.resolve('nx-lambda-python/executors.json');
process.stdin.once('data', async () => {
  const started = performance.now();
  // A user also waits until its modules are loaded.
  const { default: run } = require_(join(manifest, '..', `src/executors/${executor}`));
  const { success } = await run(options, context);
  const milliseconds = performance.now() - started;
  // In kilobytes on every system that Node knows.
  print(JSON.stringify({ success, milliseconds, memory: process.resourceUsage().maxRSS }));
  process.exit(0);
});
process.stdout.write('\n');
