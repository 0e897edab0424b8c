/** A service of three functions on a simulated account, and what people do with it. */

import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import deploy from '../executors/deploy';
import releases from '../executors/releases';
import rollback from '../executors/rollback';
import upload from '../executors/upload';
import { Crc64Nvme } from '../packaging/crc64-nvme';
import { connectFunctions, connectStorage } from '../platform/aws/connect';
import { REPORT_FILE, type DeployReport } from '../release/documents/deploy-report';
import type { ReleaseRecord } from '../release/records/record';
import type { LockFile } from '../release/records/release-lock';
import type { StoredObject } from '../release/upload/object-storage';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import type { UploadExecutorSchema } from '../schemas/upload';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import type { SimulatedAccountOptions } from '../testing/account';
import { HANDLERS } from './fault-matrix.fixtures';
import {
  ARCHITECTURE,
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  RUNTIME,
  TestWorkspace,
  writes,
} from './workspace.fixtures';
import { temporaryDirectory } from '../temporary.fixtures';

export const BUCKET = 'packages';

/** What each function runs when all run the same. */
export const all = (code: string): string[] => HANDLERS.map(() => code);

const running: Service[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
});

/** A service, its account and its machine, until the end of the test. */
export class Service {
  /** By SHA-256: the name of each package that was uploaded. */
  readonly contents = new Map<string, string>();
  readonly workspace = new TestWorkspace();
  readonly printed = capturePrinted();
  /** Rates of earlier runs would be waited for. */
  private readonly cache = temporaryDirectory();

  private constructor(
    readonly account: SimulatedAccount,
    /** What others use beside deploys. */
    readonly lambda: LambdaClient,
    readonly s3: S3Client,
    private readonly storage: Awaited<ReturnType<typeof connectStorage>>,
    private readonly functions: Awaited<ReturnType<typeof connectFunctions>>,
  ) {
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = this.cache;
    for (const name of ['releases', 'rollback']) this.workspace.targets[name] = { options: {} };
    running.push(this);
  }

  static async start(functionsExist = true, more: SimulatedAccountOptions = {}): Promise<Service> {
    const account = await startSimulatedAccount({
      region: 'eu-west-1',
      updateMilliseconds: 0,
      quota: { writesPerSecond: 1000, readsPerSecond: 1000 },
      ...more,
    });
    await account.createBucket(BUCKET, { versioning: true });
    if (functionsExist) await createFunctions(account, HANDLERS);
    isolateEnvironment(account);
    const { endpoint, region, credentials } = account;
    const settings = { endpoint, region, credentials };
    return new Service(
      account,
      new LambdaClient(settings),
      new S3Client({ ...settings, forcePathStyle: true }),
      await connectStorage(settings),
      await connectFunctions(settings),
    );
  }

  async stop(): Promise<void> {
    jest.restoreAllMocks();
    restoreEnvironment();
    for (const client of [this.lambda, this.s3]) client.destroy();
    for (const connection of [this.storage, this.functions]) connection.close();
    this.workspace.remove();
    rmSync(this.cache, { recursive: true });
    await this.account.stop();
  }

  async upload(options: UploadExecutorSchema = {}, configuration?: string): Promise<boolean> {
    const context = this.workspace.context('upload', configuration);
    return (await upload({ bucket: BUCKET, ...options }, context)).success;
  }

  /** Another package in S3, and its layer if there are layers. */
  async bring(content: string, handlers = HANDLERS): Promise<string> {
    if (this.workspace.layer !== null) this.workspace.layer = `layer of ${content}`;
    this.workspace.build(handlers, content);
    expect(await this.upload()).toBe(true);
    this.printed();
    this.contents.set(this.workspace.sha256, content);
    return this.workspace.sha256;
  }

  /** Nothing waits for the rate here. */
  async deploy(options: DeployExecutorSchema = {}, configuration?: string): Promise<boolean> {
    rmSync(this.reportPath, { force: true });
    const context = this.workspace.context('deploy', configuration);
    return (await deploy({ writesPerSecond: 500, ...options }, context)).success;
  }

  /** Another package, on every function. */
  async release(content: string, options: DeployExecutorSchema = {}): Promise<string> {
    const sha256 = await this.bring(content);
    expect(await this.deploy(options)).toBe(true);
    this.printed();
    return sha256;
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

  /** $LATEST of each function, and what callers of the alias reach. */
  look(alias?: string): Promise<Seen[]> {
    const read = async (name: string, qualifier?: string): Promise<Running | undefined> => {
      const found = await this.functions.functions.get(name, qualifier);
      if (!found.ok) return undefined;
      const { codeSha256 = '', layers } = found.value;
      return { code: codeSha256, layers };
    };
    const seen = HANDLERS.map(async (handler): Promise<Seen> => {
      const name = `svc-${handler}`;
      const latest = await read(name);
      const live = alias === undefined ? undefined : await read(name, alias);
      return { name, ...(latest && { latest }), ...(live && { live }) };
    });
    return Promise.all(seen);
  }

  /** What each function runs, for callers of the alias if there is one. */
  async codes(alias?: string): Promise<(string | undefined)[]> {
    const seen = await this.look(alias);
    return seen.map(({ latest, live }) => (alias === undefined ? latest : live)?.code);
  }

  /** Writes that the account saw. */
  wrote(operation: string): number {
    return writes(this.account).filter((one) => one === operation).length;
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

  /** The newest first; all can be read. */
  async records(options: ReleasesExecutorSchema = {}): Promise<ReleaseRecord[]> {
    this.printed();
    const context = this.workspace.context('releases');
    expect(await releases({ format: 'json', ...options }, context)).toEqual({ success: true });
    return (JSON.parse(this.printed()) as { releases: ReleaseRecord[] }).releases;
  }

  /** Where S3 has the package that was built last. */
  get key(): string {
    return `lambda-packages/svc/${Buffer.from(this.workspace.sha256, 'base64').toString('hex')}.zip`;
  }

  /** What S3 has of the package that was built last; null if nothing. */
  async stored(): Promise<StoredObject | null> {
    const object = await this.storage.storage.head({ bucket: { name: BUCKET }, key: this.key });
    return object.ok ? object.value : null;
  }

  /** The manifest beside the package that was built last; null if there is none. */
  async manifest(): Promise<string | null> {
    const key = this.key.replace(/zip$/, 'manifest.json');
    const found = await this.storage.records.read({ bucket: { name: BUCKET }, key });
    return found.ok && found.value ? found.value.text : null;
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
    const key = `lambda-packages/svc/releases/${this.account.accountId}/eu-west-1/default/lock.json`;
    const found = await this.storage.records.read({ bucket: { name: BUCKET }, key });
    if (!found.ok) throw new Error(found.failure.message);
    return found.value && (JSON.parse(found.value.text) as LockFile);
  }

  /** The only profile of this machine. */
  useProfile(name: string, settings: Record<string, string>): void {
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
    this.writeFile('aws-config', `[profile ${name}]\n${lines.join('')}`);
    process.env['AWS_CONFIG_FILE'] = join(this.workspace.root, 'aws-config');
    process.env['AWS_PROFILE'] = name;
  }

  rollbackTarget(alias?: string): void {
    this.workspace.targets['deploy'] = { options: alias === undefined ? {} : { alias } };
    this.workspace.targets['rollback'] = { executor: 'nx-lambda-python:rollback', options: {} };
  }

  /** As Terraform, CDK and the console make them. */
  async aliasesOnLatest(Name = 'live'): Promise<void> {
    for (const handler of HANDLERS) {
      const FunctionName = `svc-${handler}`;
      const alias = { FunctionName, Name, FunctionVersion: '$LATEST' };
      await this.lambda.send(new CreateAliasCommand(alias));
    }
  }

  async configure(settings: UpdateFunctionConfigurationCommandInput): Promise<void> {
    await this.lambda.send(new UpdateFunctionConfigurationCommand(settings));
  }

  /** The function is deleted, with its versions, and made again. */
  async remake(FunctionName: string): Promise<void> {
    await this.lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await createFunctions(this.account, [FunctionName.replace(/^svc-/, '')]);
  }

  /** A layer of somebody else's on every function, made of what was built last. */
  async attachLayer(name: string): Promise<void> {
    const { functions, layers } = this.functions;
    const published = await layers.publish({
      ...{ name, bucket: BUCKET, key: this.key },
      ...{ runtime: RUNTIME, architecture: ARCHITECTURE },
    });
    if (!published.ok) throw new Error(published.failure.message);
    for (const handler of HANDLERS) {
      await functions.updateLayers({ name: `svc-${handler}`, layers: [published.value.arn] });
    }
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
