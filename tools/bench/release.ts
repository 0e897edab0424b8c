/** Deploys to the simulated account with AWS's real quotas, beside the tools that teams use instead. */

import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { BenchAccount, BUCKET, type Counts } from './account';
import { markdownTable, timed } from './measure';
import { tool } from './peers';
import { writeService } from './service';
import { BenchWorkspace, type ExecutorRun } from './workspace';

const SERVICES = 10;
const UPLOAD = JSON.stringify({ bucket: BUCKET });

interface Row extends Counts {
  title: string;
  seconds: number;
  /** As it reports itself: deploys for the plugin, single functions for other tools. */
  failed: number;
  /** Megabytes at the peak of one process; null if not measured. */
  memory: number | null;
}

interface Peer {
  /** Of its functions. */
  name: string;
  title: string;
  /** Installs what it needs, which is not timed; the work prints a line `failed` for each function that failed. */
  prepare: (names: readonly string[]) => () => string;
}

export async function benchRelease({ withPeers }: { withPeers: boolean }): Promise<void> {
  const workspace = new BenchWorkspace();
  const account = await BenchAccount.start(workspace.root);
  try {
    const bench = new ReleaseBench(workspace, account);
    const rows = await bench.ownRows();
    if (withPeers) rows.push(...(await bench.peerRows()));
    console.log(`\n${render(rows)}`);
  } finally {
    account.stop();
    workspace.remove();
  }
}

class ReleaseBench {
  constructor(
    private readonly workspace: BenchWorkspace,
    private readonly account: BenchAccount,
  ) {}

  async ownRows(): Promise<Row[]> {
    await this.prepare('hundred', 100);
    const rows = [
      await this.deployRow('100 functions, all changed', ['hundred']),
      await this.deployRow('100 functions, none changed', ['hundred']),
    ];
    const services = Array.from({ length: SERVICES }, (_, index) => `service-${index}`);
    for (const service of services) await this.prepare(service, 30);
    rows.push(await this.deployRow('10 services of 30 at once, all changed', services));
    await this.prepare('thousand', 1000);
    rows.push(await this.deployRow('1000 functions, all changed', ['thousand']));
    for (const alias of [undefined, 'live']) rows.push(...(await this.reachedRows(alias)));
    return rows;
  }

  /** One edit, by what it reaches and to all functions side by side. */
  private async reachedRows(alias?: string): Promise<Row[]> {
    const project = alias === undefined ? 'reached' : 'aliased';
    const title = alias === undefined ? '300 functions' : '300 functions with an alias';
    await this.prepare(project, 300, 40);
    const options = { ...(alias && { alias }) };
    const reached = { ...options, updates: 'reached' };
    const rows: Row[] = [];
    await this.deployRow(`${title}, first`, [project], options);
    for (const [edit, file, updates] of [
      ['one handler edited, `updates: reached`', 'handlers/handler_7', reached],
      ['a module of 40 handlers edited, `updates: reached`', 'some', reached],
      ['one handler edited, `updates: all`', 'handlers/handler_8', options],
    ] as const) {
      this.workspace.edit(project, `${project}/${file}.py`);
      await this.send(project);
      rows.push(await this.deployRow(`${title}, ${edit}`, [project], updates));
    }
    return rows;
  }

  /** Each on its own functions, which all run another package before. */
  async peerRows(): Promise<Row[]> {
    const { sha256 } = this.workspace.manifest('hundred').package;
    const key = `lambda-packages/hundred/${Buffer.from(sha256, 'base64').toString('hex')}.zip`;
    const rows: Row[] = [];
    for (const peer of this.peers(key)) {
      try {
        const update = peer.prepare(await this.createFunctions(peer.name, 'hundred', 100));
        rows.push(await this.peerRow(peer.title, update));
      } catch (error) {
        // If one cannot be installed here, or does not work, the others are still measured.
        console.error(`left out: ${peer.title}: ${error instanceof Error ? error.message : error}`);
      }
    }
    return rows;
  }

  private peers(key: string): Peer[] {
    const script = [join(__dirname, 'run-sdk-loop.cjs'), BUCKET, key];
    return [
      {
        name: 'loop',
        title: 'SDK v3, all at once, default retries',
        prepare: (names) => () => this.run(process.execPath, [...script, ...names]),
      },
      {
        name: 'cli',
        title: 'AWS CLI by `xargs -P 8`, nobody waits for the end',
        prepare: (names) => {
          const aws = tool(join(this.workspace.directory, 'aws-cli'), 'awscli', 'aws');
          const update = `${aws} lambda update-function-code --s3-bucket ${BUCKET} --s3-key ${key} --function-name {}`;
          const command = `printf '%s\\n' ${names.join(' ')} | xargs -P 8 -I {} sh -c '${update} 2>&1 > /dev/null || echo failed'`;
          return () => this.run('sh', ['-c', command]);
        },
      },
    ];
  }

  /** @param some handlers that import a module which the others do not */
  private async prepare(project: string, functions: number, some = 0): Promise<void> {
    const service = join(this.workspace.root, 'services', project);
    const importPackage = project.replaceAll('-', '_');
    writeService(service, importPackage, functions, [], some);
    await this.createFunctions(project, importPackage, functions);
    await this.send(project);
  }

  private async send(project: string): Promise<void> {
    this.workspace.build(project);
    const { success } = await this.start('upload', project).go();
    if (!success) throw new Error(`the upload of ${project} failed`);
  }

  private async createFunctions(project: string, importPackage: string, count: number) {
    const names = Array.from({ length: count }, (_, number) => `handler_${number}`);
    const common = { runtime: 'python3.11', architecture: 'x86_64' };
    await this.account.createFunctions(
      names.map((name) => ({
        ...common,
        name: `${project}-${name}`,
        handler: `${importPackage}.handlers.${name}.handler`,
      })),
    );
    return names.map((name) => `${project}-${name}`);
  }

  private async deployRow(
    title: string,
    projects: readonly string[],
    options: object = {},
  ): Promise<Row> {
    await rest();
    await this.account.count();
    const processes = projects.map((project) => this.start('deploy', project, options));
    await Promise.all(processes.map(({ ready }) => ready));
    const started = performance.now();
    const runs = await Promise.all(processes.map(({ go }) => go()));
    const seconds = (performance.now() - started) / 1000;
    const failed = runs.filter(({ success }) => !success).length;
    const memory = Math.max(...runs.map((run) => run.memory)) / 1024;
    return this.shown({ title, seconds, ...(await this.account.count()), failed, memory });
  }

  /** @throws if the account received no function change: the figure would measure something else */
  private async peerRow(title: string, update: () => string): Promise<Row> {
    await rest();
    await this.account.count();
    let printed = '';
    const seconds = timed(() => (printed = update()));
    const counts = await this.account.count();
    const lines = printed.split('\n').map((line) => line.trim());
    if (counts.updated === 0) {
      const said = lines.find((line) => line !== '' && line !== 'failed') ?? 'no output';
      throw new Error(
        `the account received no function change, in ${seconds.toFixed(1)} s: ${said}`,
      );
    }
    const failed = lines.filter((line) => line === 'failed').length;
    return this.shown({ title, seconds, ...counts, failed, memory: null });
  }

  private shown(row: Row): Row {
    console.error(`${row.title}: ${row.seconds.toFixed(2)} s`);
    return row;
  }

  /** A process that has started and waits for a line, so that the start of Node is not measured. */
  private start(executor: 'upload' | 'deploy', project: string, options: object = {}) {
    const script = join(__dirname, 'run-release.cjs');
    const child = spawn(
      process.execPath,
      [script, executor, project, `services/${project}`, UPLOAD, JSON.stringify(options)],
      {
        ...{ cwd: this.workspace.root, env: this.environment },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    let printed = '';
    const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
    const end = new Promise<ExecutorRun>((resolve, reject) =>
      child.on('close', (code) =>
        code === 0
          ? resolve(JSON.parse(printed) as ExecutorRun)
          : reject(new Error(`${executor} of ${project} ended with ${code}: ${printed}`)),
      ),
    );
    const go = async (): Promise<ExecutorRun> => {
      await ready;
      child.stdin.write('go\n');
      return end;
    };
    return { ready, go };
  }

  private get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.account.environment,
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: this.workspace.store,
    };
  }

  private run(file: string, args: readonly string[]): string {
    const cwd = this.workspace.root;
    return execFileSync(file, args, { cwd, env: this.environment, encoding: 'utf8' });
  }
}

/** Waits until the rate limits of the account and of the plugin are unused again. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2000));
}

function render(rows: readonly Row[]): string {
  return markdownTable(
    ['what', 's', 'functions updated', 'writes sent', '429', 'failed', 'peak MB'],
    rows.map(({ title, seconds, updated, writes, throttled, failed, memory }) => [
      ...[title, seconds.toFixed(2)],
      ...[updated, writes, throttled, failed].map(String),
      memory?.toFixed(0) ?? '',
    ]),
  );
}
