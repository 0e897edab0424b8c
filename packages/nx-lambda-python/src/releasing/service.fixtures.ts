/** A service of three functions on a simulated account, and what people do with it. */

import { DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crc64Nvme } from '../packaging/crc64-nvme';
import { connectFunctions, connectStorage } from '../platform/aws/connect';
import type { StoredObject } from '../release/upload/object-storage';
import type { LockFile } from '../release/records/release-lock';
import { REPORT_FILE, type DeployReport } from '../release/documents/deploy-report';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import releases from '../executors/releases';
import rollback from '../executors/rollback';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import upload from '../executors/upload';
import {
  ARCHITECTURE,
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  RUNTIME,
  TestWorkspace,
} from './workspace.fixtures';
import deploy from '../executors/deploy';
import { HANDLERS } from './fault-matrix.fixtures';
import type { DeployExecutorSchema } from '../schemas/deploy';

export const BUCKET = 'packages';

/** A service, its account and its machine. */
export class Service {
  /** By SHA-256: the name of each package that was uploaded. */
  readonly contents = new Map<string, string>();

  private constructor(
    readonly account: SimulatedAccount,
    readonly workspace: TestWorkspace,
    readonly printed: () => string,
    private readonly cache: string,
  ) {}

  static async start(functionsExist = true): Promise<Service> {
    const account = await startSimulatedAccount({
      region: 'eu-west-1',
      updateMilliseconds: 0,
      quota: { writesPerSecond: 1000, readsPerSecond: 1000 },
    });
    await account.createBucket(BUCKET, { versioning: true });
    if (functionsExist) await createFunctions(account, HANDLERS);
    isolateEnvironment(account);
    // Rates of earlier runs would be waited for.
    const cache = mkdtempSync(join(tmpdir(), 'nx-lambda-python-rates-'));
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = cache;
    return new Service(account, new TestWorkspace(), capturePrinted(), cache);
  }

  async stop(): Promise<void> {
    jest.restoreAllMocks();
    restoreEnvironment();
    this.workspace.remove();
    rmSync(this.cache, { recursive: true });
    await this.account.stop();
  }

  /** Another package in S3, and its layer if there are layers. */
  async bring(content: string): Promise<string> {
    if (this.workspace.layer !== null) this.workspace.layer = `layer of ${content}`;
    this.workspace.build(HANDLERS, content);
    expect(await upload({ bucket: BUCKET }, this.workspace.context('upload'))).toEqual({
      success: true,
    });
    this.contents.set(this.workspace.sha256, content);
    return this.workspace.sha256;
  }

  /** Nothing waits for the rate here. */
  async deploy(options: DeployExecutorSchema): Promise<boolean> {
    rmSync(this.reportPath, { force: true });
    const context = this.workspace.context('deploy');
    return (await deploy({ writesPerSecond: 500, ...options }, context)).success;
  }

  /** As people do it: where the lock of the first run is still there, it is taken. */
  async deployAgain(options: DeployExecutorSchema): Promise<boolean> {
    this.printed();
    if (await this.deploy(options)) return true;
    const text = this.printed();
    if (!text.includes('error[RELEASE_LOCKED]')) throw new Error(text);
    return this.deploy({ ...options, forceUnlock: true });
  }

  async rollback(options: RollbackExecutorSchema = {}): Promise<boolean> {
    return (await rollback(options, this.workspace.context('rollback'))).success;
  }

  /** Null where the last deploy ended before it began to write. */
  report(): DeployReport | null {
    if (!existsSync(this.reportPath)) return null;
    return JSON.parse(readFileSync(this.reportPath, 'utf8')) as DeployReport;
  }

  look(alias?: string): Promise<Seen[]> {
    return lookAt(
      this.account,
      HANDLERS.map((handler) => `svc-${handler}`),
      alias,
    );
  }

  /** Keys of the packages that Lambda was told to take, by their digests in Base64. */
  named(): Set<string> {
    const keys = this.account.requests.flatMap(({ input }) => {
      const { S3Key, Code } = (input ?? {}) as { S3Key?: string; Code?: { S3Key?: string } };
      return S3Key ?? Code?.S3Key ?? [];
    });
    return new Set(
      keys.map((key) => Buffer.from(key.replace(/^.*\/|\.zip$/g, ''), 'hex').toString('base64')),
    );
  }

  /** All records can be read. */
  async records(): Promise<{ number: number; kind: string; status: string }[]> {
    this.printed();
    this.workspace.targets['releases'] = { options: {} };
    const context = this.workspace.context('releases');
    expect(await releases({ format: 'json' }, context)).toEqual({ success: true });
    const { releases: found } = JSON.parse(this.printed()) as {
      releases: { number: number; kind: string; status: string }[];
    };
    return found;
  }

  /** What S3 has of the package that was built last; null if nothing. */
  async stored(): Promise<StoredObject | null> {
    const { endpoint, region, credentials } = this.account;
    const { storage, close } = await connectStorage({ endpoint, region, credentials });
    const hex = Buffer.from(this.workspace.sha256, 'base64').toString('hex');
    const key = `lambda-packages/svc/${hex}.zip`;
    const object = await storage.head({ bucket: { name: BUCKET }, key });
    close();
    return object.ok ? object.value : null;
  }

  /** S3 has the package that was built last, and all of it. */
  async expectWhole(): Promise<void> {
    const zip = readFileSync(join(this.workspace.output, 'package.zip'));
    const object = await this.stored();
    expect(object?.size).toBe(zip.length);
    if (object?.sha256 !== undefined) expect(object.sha256).toBe(this.workspace.sha256);
    else expect(object?.crc64).toBe(new Crc64Nvme().update(zip).digest());
  }

  /** The release lock; null if there was never one. */
  async lock(): Promise<LockFile | null> {
    const { endpoint, region, credentials } = this.account;
    const { records, close } = await connectStorage({ endpoint, region, credentials });
    const key = `lambda-packages/svc/releases/${this.account.accountId}/eu-west-1/default/lock.json`;
    const found = await records.read({ bucket: { name: BUCKET }, key });
    close();
    if (!found.ok) throw new Error(found.failure.message);
    return found.value && (JSON.parse(found.value.text) as LockFile);
  }

  /** The function is deleted, with its versions, and made again. */
  async remake(name: string): Promise<void> {
    const { endpoint, region, credentials } = this.account;
    const lambda = new LambdaClient({ endpoint, region, credentials });
    await lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    lambda.destroy();
    await createFunctions(this.account, [name.replace(/^svc-/, '')]);
  }

  /** A layer of somebody else's on every function, made of what was built last. */
  async attachLayer(name: string): Promise<void> {
    const { endpoint, region, credentials } = this.account;
    const { functions, layers, close } = await connectFunctions({ endpoint, region, credentials });
    const published = await layers.publish({
      ...{ name, bucket: BUCKET, runtime: RUNTIME, architecture: ARCHITECTURE },
      key: `lambda-packages/svc/${Buffer.from(this.workspace.sha256, 'base64').toString('hex')}.zip`,
    });
    if (!published.ok) throw new Error(published.failure.message);
    for (const handler of HANDLERS) {
      await functions.updateLayers({ name: `svc-${handler}`, layers: [published.value.arn] });
    }
    close();
  }

  writeFile(path: string, text: string): void {
    const target = join(this.workspace.root, path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, text);
  }

  private get reportPath(): string {
    return join(this.workspace.output, REPORT_FILE);
  }
}

/** What a function runs, as Lambda says; absent if there is no such function or alias. */
export interface Seen {
  name: string;
  latest?: Running;
  live?: Running;
}

interface Running {
  code: string;
  layers: readonly string[];
}

/** $LATEST, and what callers of the alias reach. */
async function lookAt(
  { endpoint, region, credentials }: SimulatedAccount,
  names: readonly string[],
  alias?: string,
): Promise<Seen[]> {
  const { functions, close } = await connectFunctions({ endpoint, region, credentials });
  const read = async (name: string, qualifier?: string): Promise<Running | undefined> => {
    const found = await functions.get(name, qualifier);
    if (!found.ok) return undefined;
    const { codeSha256 = '', layers } = found.value;
    return { code: codeSha256, layers };
  };
  const all = names.map(async (name): Promise<Seen> => {
    const latest = await read(name);
    const live = alias === undefined ? undefined : await read(name, alias);
    return { name, ...(latest && { latest }), ...(live && { live }) };
  });
  const seen = await Promise.all(all);
  close();
  return seen;
}
