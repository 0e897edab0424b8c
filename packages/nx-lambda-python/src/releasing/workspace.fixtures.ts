/** A workspace with one built service, and a simulated account in the place of AWS, for executor specs. */

import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { types } from 'node:util';
import type { Decision } from '../packaging/inputs/decision';
import { LAYER_FILE, renderManifest, type BuildManifest } from '../packaging/manifest';
import { hexDigest } from '../packaging/requirements/canonical-json';
import type { SimulatedAccount } from '../testing';
import { smallZip } from '../testing/seeding';
import { packageDecision } from '../assembly/decide';
import { buildOptionsOf } from '../targets/build-target';
import { readMeaning } from '../assembly/requirements';
import { readContent, readMarker } from '../assembly/service';
import { temporaryDirectory } from '../temporary.fixtures';

// Errors of Node's own modules come from outside jest's realm: the SDK would wrap them beyond recognition.
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, thrown: unknown): boolean {
    if (this === Error) return types.isNativeError(thrown);
    return Function.prototype[Symbol.hasInstance].call(this, thrown);
  },
});

export const RUNTIME = 'python3.13';
export const ARCHITECTURE = 'arm64';

export class TestWorkspace {
  readonly root = temporaryDirectory();
  readonly output = join(this.root, 'dist/services/svc');
  targets: Record<string, TargetConfiguration> = {
    build: {
      executor: 'nx-lambda-python:build',
      options: { outputPath: 'dist/services/svc' },
    },
    upload: {
      executor: 'nx-lambda-python:upload',
      options: { bucket: 'packages' },
      configurations: { local: { simulated: true } },
    },
    deploy: {
      executor: 'nx-lambda-python:deploy',
      options: {},
      configurations: { local: {} },
    },
  };
  sha256 = '';
  /** Of the functions table: by handler. */
  names: Record<string, string> = {};
  /** Of each build. */
  runtime = RUNTIME;
  /** The one file of each package. */
  file: [name: string, text: string] = ['placeholder.txt', 'Replaced by the first deploy.\n'];
  /** What each handler reaches, by its name; null as before format 3 of the manifest. */
  reach: Record<string, string> | null = null;
  /** Makes each build have a layer, too, with this content. */
  layer: string | null = null;

  /** As the build target leaves it; `content` makes the package another one. */
  build(handlerNames: readonly string[], content = 'first', prefix = 0): void {
    // An archive comment changes nothing but the hash.
    const zip = Buffer.concat([Buffer.alloc(prefix, 'dependency'), zipWith(content, this.file)]);
    const shared = zip.subarray(0, prefix);
    const dependencies = {
      size: prefix,
      sha256: digestOf(shared),
    };
    this.sha256 = digestOf(zip);
    const layer = this.layer === null ? null : zipWith(this.layer, this.file);
    const manifest: BuildManifest = {
      format: this.reach === null ? 2 : 3,
      project: 'svc',
      package: {
        file: 'package.zip',
        sha256: this.sha256,
        size: zip.length,
        unpackedSize: 30,
        ...(prefix > 0 && { dependencies }),
      },
      ...(layer && {
        layer: {
          file: LAYER_FILE,
          sha256: digestOf(layer),
          size: layer.length,
          unpackedSize: 30,
        },
      }),
      source: null,
      inputs: this.decision(handlerNames),
      requirementsKey: 'none',
      runtime: this.runtime,
      architecture: ARCHITECTURE,
      image: null,
      engine: 'host',
      handlers: handlerNames.map((name) => ({
        name,
        file: `svc/handlers/${name}.py`,
        handler: handlerOf(name),
        ...(this.names[name] !== undefined && { functionName: this.names[name] }),
        ...(this.reach && { reach: hexDigest(this.reach[name] ?? '') }),
      })),
      distributions: [],
    };
    mkdirSync(this.output, { recursive: true });
    writeFileSync(join(this.output, 'package.zip'), zip);
    if (layer) writeFileSync(join(this.output, LAYER_FILE), layer);
    writeFileSync(join(this.output, 'manifest.json'), renderManifest(manifest));
  }

  /** Of sources that lie in the workspace, so that the package is known to be theirs. */
  private decision(handlerNames: readonly string[]): Decision {
    const service = join(this.root, 'services/svc');
    const files: Record<string, string> = {
      'pyproject.toml': `[tool.nx-lambda-python]\npackage = "svc"\nruntime = "${RUNTIME}"\n`,
      'requirements.txt': '',
      ...Object.fromEntries(
        handlerNames.map((name) => [`svc/handlers/${name}.py`, 'def handler(e, c): ...\n']),
      ),
    };
    for (const [path, text] of Object.entries(files)) {
      const file = join(service, path);
      mkdirSync(dirname(file), { recursive: true });
      if (!existsSync(file)) writeFileSync(file, text);
    }
    const options = buildOptionsOf(this.context('build'));
    const marker = readMarker(options.service);
    const content = readContent(options.service, marker);
    return packageDecision(options, marker, content, readMeaning(options, marker));
  }

  context(targetName: string, configurationName?: string): ExecutorContext {
    const data = { root: 'services/svc', targets: this.targets };
    return {
      root: this.root,
      cwd: this.root,
      isVerbose: false,
      projectName: 'svc',
      targetName,
      configurationName,
      nxJsonConfiguration: {},
      projectsConfigurations: { version: 2, projects: { svc: data } },
      projectGraph: { nodes: { svc: { name: 'svc', type: 'lib', data } }, dependencies: {} },
    };
  }

  readReport(): unknown {
    return JSON.parse(readFileSync(join(this.output, 'deploy-report.json'), 'utf8'));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function handlerOf(name: string): string {
  return `svc.handlers.${name}.handler`;
}

/** Functions under their default names, as whoever owns the infrastructure creates them. */
export async function createFunctions(
  account: SimulatedAccount,
  handlerNames: readonly string[],
): Promise<void> {
  for (const name of handlerNames) {
    await account.createFunction({
      name: `svc-${name}`,
      runtime: RUNTIME,
      handler: handlerOf(name),
      architecture: ARCHITECTURE,
    });
  }
}

/** The operations that the account saw, in order; without reads, and what came too fast and is sent again. */
export function writes(account: SimulatedAccount): string[] {
  return account.requests
    .filter(({ status }) => status !== 429)
    .map(({ operation }) => operation)
    .filter((operation) => !/^(Get|Head|List)/.test(operation));
}

const VARIABLES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_LAMBDA',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'GITHUB_STEP_SUMMARY',
] as const;
const before = { ...process.env };

/** Nothing of the machine's own AWS setup is seen, nor any of its network asked. */
export function isolateEnvironment(account?: SimulatedAccount): void {
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  });
  if (account === undefined) return;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: account.endpoint,
    AWS_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
  });
}

export function restoreEnvironment(): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
}

/** What the executor printed since the last call. */
export function capturePrinted(): () => string {
  const lines: string[] = [];
  const capture = (line?: unknown): void => void lines.push(String(line));
  jest.spyOn(console, 'log').mockImplementation(capture);
  jest.spyOn(console, 'error').mockImplementation(capture);
  return () => lines.splice(0).join('\n');
}

function zipWith(content: string, [name, text]: TestWorkspace['file']): Buffer {
  const zip = smallZip(name, text);
  const end = zip.length - 22;
  // The archive comment at the end (APPNOTE 4.3.16): 20 - comment length.
  const comment = Buffer.from(content);
  zip.writeUInt16LE(comment.length, end + 20);
  return Buffer.concat([zip, comment]);
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
