/** A workspace, servers that want passwords, and a search for what leaks of them. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Canaries } from './canaries';
import { makeCertificates } from './certificates';
import { CONTAINER_OPTIONS } from './engine';
import { runNx } from './nx-process';
import { startPasswordProxy, type PasswordProxy } from './loopback';
import { startPrivateIndex, type PrivateIndex } from './private-index';
import { ProcessArguments } from './process-arguments';
import { runDirectory } from './run-directory';
import {
  HANDLER,
  MARKER,
  serviceFiles,
  Workspace,
  type Environment,
  type NxResult,
} from './workspace';

/** Each is the password of one part of the servers; `wrong` is that of none. */
const SECRETS = ['simple', 'extra', 'git', 'netrc', 'conf', 'proxy', 'wrong'] as const;
type Secret = (typeof SECRETS)[number];

/** Of this machine, and nothing for a test. */
const CONFIGURATION = /^(PIP_|SSH_|NETRC|.*_PROXY$|REQUESTS_CA|CURL_CA|SSL_CERT|VIRTUAL_ENV)/i;

export class PrivateSources {
  readonly canaries = new Canaries();
  readonly processes = new ProcessArguments();
  readonly workspace = new Workspace('secrets');
  readonly directory = mkdtempSync(join(runDirectory(), 'secrets-'));
  /** Of builds: a home directory without anything in it. */
  readonly home = join(this.directory, 'home');
  readonly certificates = makeCertificates(join(this.directory, 'certificates'));
  private readonly store = join(this.directory, 'store');
  private readonly passwords: ReadonlyMap<Secret, string>;
  private readonly outputs: string[] = [];
  /** Found while builds ran. */
  private readonly duringBuilds = new Set<string>();
  private servers: { index: PrivateIndex; secure: PrivateIndex; proxy: PasswordProxy } | undefined;

  constructor() {
    this.passwords = new Map(SECRETS.map((name) => [name, this.canaries.create(name)]));
    mkdirSync(join(this.home, '.ssh'), { recursive: true });
    mkdirSync(join(this.store, 'v1', 'work'), { recursive: true });
    this.workspace.init({}, { build: CONTAINER_OPTIONS });
  }

  async start(): Promise<void> {
    const realms = Object.fromEntries(
      [...this.passwords].map(([name, password]) => [name, `me:${password}`]),
    );
    const at = (name: string) => join(this.directory, name);
    const observe = () => this.observe();
    this.servers = {
      index: await startPrivateIndex(at('index'), realms, observe),
      secure: await startPrivateIndex(at('secure'), realms, observe, this.certificates),
      proxy: await startPasswordProxy(realms['proxy'] ?? '', observe),
    };
  }

  async stop(): Promise<void> {
    this.processes.stop();
    await Promise.all(Object.values(this.servers ?? {}).map((server) => server.stop()));
  }

  get index(): PrivateIndex {
    return this.started.index;
  }

  /** The same by TLS. */
  get secure(): PrivateIndex {
    return this.started.secure;
  }

  get proxy(): PasswordProxy {
    return this.started.proxy;
  }

  password(name: Secret): string {
    return this.passwords.get(name) ?? '';
  }

  /** As a URL wants it. */
  encoded(name: Secret): string {
    return encodeURIComponent(this.password(name));
  }

  /** A file that only this user can read. */
  write(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  service(name: string, requirements: readonly string[]): void {
    this.workspace.writeAll(
      serviceFiles(`services/${name}`, MARKER, {
        'app/handlers/a.py': HANDLER,
        'requirements.txt': `${requirements.join('\n')}\n`,
      }),
    );
  }

  async build(
    name: string,
    environment: Environment = {},
    options: readonly string[] = [],
  ): Promise<NxResult> {
    const configured = Object.keys(process.env).filter((key) => CONFIGURATION.test(key));
    const result = await runNx(this.workspace, ['build', name, ...options], {
      ...Object.fromEntries(configured.map((key) => [key, undefined])),
      HOME: this.home,
      // What does not work does not work at once.
      PIP_RETRIES: '1',
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: this.store,
      ...environment,
    });
    this.outputs.push(result.output);
    return result;
  }

  /** Resolves anew, and returns the names of the distributions. */
  async succeed(
    name: string,
    environment: Environment = {},
    options: readonly string[] = [],
  ): Promise<string[]> {
    const { code, output } = await this.build(name, environment, options);
    if (code !== 0) throw new Error(output);
    expect(output).not.toContain('from the wheel store');
    return this.workspace.manifest(`services/${name}`).distributions.map((one) => one.name);
  }

  /** Returns the output. */
  async fail(
    name: string,
    environment: Environment = {},
    options: readonly string[] = [],
  ): Promise<string> {
    const { code, output } = await this.build(name, environment, options);
    expect(code).not.toBe(0);
    return output;
  }

  /** Every place where a secret was found. */
  leaks(): string[] {
    const { canaries, processes, workspace } = this;
    return [
      ...this.duringBuilds,
      ...canaries.inText('process arguments', [...processes.seen].join('\n')),
      ...canaries.inText('output', this.outputs.join('\n')),
      ...canaries.inText('containers', inspected(['ps', '--all', '--quiet', '--no-trunc'])),
      ...canaries.inText('images', inspected(['image', 'ls', '--quiet', '--no-trunc'])),
      ...[this.store, join(workspace.root, 'dist'), join(workspace.root, '.nx')].flatMap(
        (directory) => canaries.inFiles(directory),
      ),
    ];
  }

  private get started() {
    if (!this.servers) throw new Error('the servers have not been started');
    return this.servers;
  }

  private observe(): void {
    this.processes.sample();
    const work = join(this.store, 'v1', 'work');
    for (const found of this.canaries.inFiles(work)) this.duringBuilds.add(found);
  }
}

/** What docker knows of all that a command lists. */
function inspected(list: readonly string[]): string {
  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
  const ids = new Set(
    docker(...list)
      .split('\n')
      .filter((id) => id !== ''),
  );
  return ids.size > 0 ? docker('inspect', ...ids) : '';
}
