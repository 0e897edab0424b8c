import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { failureError } from '../../release/calls/failure-error';
import { close, isolateEnvironment, listen } from './aws.fixtures';
import { connectFunctions, connectStorage } from './connect';
import type { AwsSettings } from './settings';
import { temporaryDirectory } from '../../temporary.fixtures';

const ROLE = 'arn:aws:iam::111122223333:role/deployer';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl';
const KEYS = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${SECRET}\n`;
const ASSUME = `[profile base]\n${KEYS}[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n`;
const PAST = '2020-01-01T00:00:00Z';
const FUTURE = '2099-01-01T00:00:00Z';

/** What the SDK's own chain does with files and variables, against services on this machine. */
describe('credentials', () => {
  let home: string;
  let server: Server;
  let url: string;
  let lines: string[];
  let sts: { status: number; body: string };
  isolateEnvironment();

  beforeEach(async () => {
    home = temporaryDirectory();
    lines = [];
    sts = { status: 200, body: '' };
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const action = new URLSearchParams(body).get('Action');
        const signer = /Credential=(\w+)\/\d+\/([\w-]+)/.exec(request.headers.authorization ?? '');
        lines.push(action ?? `${request.url} by ${signer?.[1]} in ${signer?.[2]}`);
        if (action === null) return response.end('{}');
        return response.writeHead(sts.status, { 'content-type': 'text/xml' }).end(sts.body);
      });
    });
    url = `http://${await listen(server)}`;
    Object.assign(process.env, {
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: url,
    });
  });

  afterEach(async () => {
    await close(server);
  });

  /** In CI's variables. @returns the file, which is not there yet */
  function nameToken(): string {
    const file = join(home, 'token');
    Object.assign(process.env, { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE });
    return file;
  }

  const config = (text: string) => writeFileSync(join(home, 'config'), text);

  function ssoToken(key: string, expiresAt: string): void {
    const directory = join(home, '.aws/sso/cache');
    mkdirSync(directory, { recursive: true });
    const name = createHash('sha1').update(key).digest('hex');
    const token = { accessToken: 'sso-access-token', expiresAt };
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(token));
  }

  function refuse(status: number, code: string, message: string): void {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    sts = { status, body: `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>` };
  }

  function handOut(action: string): void {
    const keys = `<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${FUTURE}</Expiration>`;
    const result = `<${action}Result><Credentials>${keys}</Credentials></${action}Result>`;
    sts = { status: 200, body: `<${action}Response>${result}</${action}Response>` };
  }

  async function ask(settings: AwsSettings = {}) {
    const { functions, place, close } = await connectFunctions(settings);
    try {
      const result = await functions.get('f');
      if (result.ok) return null;
      const { code, message, hint } = failureError(result.failure, 'function `f`', place);
      const text = `${code}: ${message}\nhint: ${hint}`;
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain('hunter2');
      return text;
    } finally {
      close();
    }
  }

  /** Nothing of the command itself was sent. */
  async function expectRefusal(settings: AwsSettings, ...words: string[]) {
    const text = await ask(settings);
    for (const word of words) expect(text).toContain(word);
    expect(lines.filter((line) => line.includes('/functions/'))).toEqual([]);
    return text;
  }

  const dev = { profile: 'dev' };

  const OTHER = '[profile other]\nregion = eu-west-1\n';
  const MFA = `${ASSUME}mfa_serial = arn:aws:iam::111122223333:mfa/me\n`;
  it.each<[string, AwsSettings, string, string[]]>([
    ['none at all', {}, '', ['AWS_PROFILE or --profile', '-c local']],
    ['no such profile', dev, OTHER, ['profile `dev`', 'aws configure list-profiles']],
    ['MFA', dev, MFA, ['MFA', 'aws configure export-credentials --profile dev']],
  ])('missing: %s', async (_, settings, text, words) => {
    if (text) config(text);
    await expectRefusal(settings, 'CREDENTIALS_MISSING', ...words);
  });

  it("a profile beside CI's variables says which of them were not used, and why", async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };
    Object.assign(process.env, keys, { AWS_SESSION_TOKEN: 'session' });
    const names = 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN are set';
    await expectRefusal(
      dev,
      'CREDENTIALS_MISSING: no AWS credentials from profile `dev`',
      `; ${names} but ignored, because the option \`profile\` selects \`dev\``,
      'hint: to use the variables, run with `--profile=`',
      'to use the profile, `aws configure list-profiles`',
    );
    process.env['AWS_PROFILE'] = 'dev';
    await expectRefusal({}, `${names} but ignored, because AWS_PROFILE selects \`dev\``, 'unset');
    delete process.env['AWS_PROFILE'];
    expect(await ask({})).toBeNull();
  });

  it("a profile that exists wins over CI's token, too; for another one the chain goes on to it", async () => {
    nameToken();
    config('[profile dev]\ncredential_process = false\n');
    await expectRefusal(dev, 'AWS_WEB_IDENTITY_TOKEN_FILE is set but ignored');
    expect(await expectRefusal({ profile: 'none' }, 'web identity')).not.toContain('ignored');
  });

  const SESSION =
    '[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = r\n' +
    '[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n';
  const LEGACY =
    '[profile dev]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n' +
    'sso_account_id = 111122223333\nsso_role_name = r\n';

  it.each([
    ['sso_session, never logged in', SESSION, null, 'CREDENTIALS_MISSING'],
    ['sso_session, expired', SESSION, 'corp', 'CREDENTIALS_EXPIRED'],
    ['sso_start_url, never logged in', LEGACY, null, 'CREDENTIALS_MISSING'],
    ['sso_start_url, expired', LEGACY, 'https://corp.example/start', 'CREDENTIALS_EXPIRED'],
  ])('%s', async (_, text, key, code) => {
    config(text);
    if (key !== null) ssoToken(key, PAST);
    await expectRefusal(dev, code, '`aws sso login --profile dev`');
    process.env['AWS_PROFILE'] = 'dev';
    await expectRefusal({}, code, '`aws sso login --profile dev`');
  });

  it('a role whose source has to log in names the source', async () => {
    config(`${SESSION}[profile prod]\nrole_arn = ${ROLE}\nsource_profile = dev\n`);
    ssoToken('corp', PAST);
    const words = ['CREDENTIALS_EXPIRED', '`aws sso login --profile dev`'];
    await expectRefusal({ profile: 'prod' }, ...words);
  });

  it('a role that is refused', async () => {
    config(ASSUME);
    refuse(403, 'AccessDenied', `User: x is not authorized to perform: sts:AssumeRole on ${ROLE}`);
    const words = [`AWS denied sts:AssumeRole on ${ROLE}`, 'profile `base`', 'trust policy'];
    const text = await expectRefusal(dev, 'ACCESS_DENIED', ...words);
    expect(text).not.toMatch(/lambda:|s3:/);
  });

  it.each([
    [403, 'ExpiredToken', 'CREDENTIALS_EXPIRED', 'write new keys to profile `base`'],
    [403, 'InvalidClientTokenId', 'CREDENTIALS_INVALID', 'aws configure --profile base'],
    [503, 'ServiceUnavailable', 'AWS_REQUEST_FAILED', 'sts:AssumeRole'],
  ])('a role, STS says %i %s', async (status, code, ours, hint) => {
    config(ASSUME);
    refuse(status, code, 'said so');
    await expectRefusal(dev, ours, hint, code);
  });

  it('a role that is given signs the request', async () => {
    config(ASSUME);
    handOut('AssumeRole');
    expect(await ask(dev)).toBeNull();
    expect(lines).toEqual(['AssumeRole', '/2015-03-31/functions/f by ASIAROLE in eu-west-1']);
  });

  it('web identity: no token file', async () => {
    nameToken();
    const words = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'id-token: write'];
    await expectRefusal({}, 'CREDENTIALS_MISSING', ...words);
  });

  it.each([
    [400, 'ExpiredTokenException', 'CREDENTIALS_EXPIRED', 'let CI issue a new token'],
    [400, 'InvalidIdentityToken', 'CREDENTIALS_INVALID', 'identity provider'],
    [403, 'AccessDenied', 'ACCESS_DENIED', `sts:AssumeRoleWithWebIdentity on ${ROLE}`],
  ])('web identity: STS says %i %s', async (status, code, ours, hint) => {
    writeFileSync(nameToken(), TOKEN);
    refuse(status, code, `no: ${TOKEN}`);
    const text = await expectRefusal({}, ours, hint);
    expect(text).not.toContain('aws sso login');
  });

  it('web identity that is given, from a profile', async () => {
    writeFileSync(join(home, 'token'), TOKEN);
    const file = `web_identity_token_file = ${join(home, 'token')}`;
    config(`[profile dev]\nrole_arn = ${ROLE}\n${file}\n`);
    handOut('AssumeRoleWithWebIdentity');
    expect(await ask(dev)).toBeNull();
    expect(lines[1]).toContain('by ASIAROLE');
  });

  const UNREADABLE = ['CREDENTIALS_INVALID', 'must print JSON'] as const;
  it.each([
    ['fails', 'echo hunter2 >&2; exit 3', 'CREDENTIALS_MISSING', 'must end with status 0'],
    ['is not there', 'no-such-program --password hunter2', 'CREDENTIALS_MISSING', 'by hand'],
    ['prints rubbish', 'echo hunter2', ...UNREADABLE],
    ['prints null', 'echo null', ...UNREADABLE],
    ['prints no key', `echo '{"Version":1}'`, ...UNREADABLE],
    ['prints numbers', `echo '{"Version":1,"AccessKeyId":1,"SecretAccessKey":2}'`, ...UNREADABLE],
    [
      'prints expired keys',
      `echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"${PAST}"}'`,
      'CREDENTIALS_EXPIRED',
      'renew what it reads',
    ],
  ])('a credential_process that %s', async (_, command, code, hint) => {
    config(`[profile dev]\ncredential_process = ${command}\n`);
    await expectRefusal(dev, code, '`credential_process` of profile `dev`', hint);
  });

  describe('places', () => {
    const at = async (settings: AwsSettings) => {
      const { place, close } = await connectFunctions(settings);
      close();
      return place.region;
    };

    it('region: the option, AWS_REGION, AWS_DEFAULT_REGION, the profile', async () => {
      config('[profile dev]\nregion = us-west-2\n[default]\nregion = us-west-1\n');
      process.env['AWS_DEFAULT_REGION'] = 'eu-north-1';
      expect(await at({ ...dev, region: 'eu-south-1' })).toBe('eu-south-1');
      expect(await at(dev)).toBe('eu-west-1');
      delete process.env['AWS_REGION'];
      expect(await at(dev)).toBe('eu-north-1');
      delete process.env['AWS_DEFAULT_REGION'];
      expect(await at(dev)).toBe('us-west-2');
      expect(await at({})).toBe('us-west-1');
      process.env['AWS_PROFILE'] = 'dev';
      expect(await at({})).toBe('us-west-2');
      // The SDK has read the first file for good.
      process.env['AWS_CONFIG_FILE'] = join(home, 'none');
      await expect(at({})).rejects.toMatchObject({ code: 'REGION_NOT_SET' });
    });

    const used = async (settings: AwsSettings) => {
      lines = [];
      const lambda = await connectFunctions(settings);
      const s3 = await connectStorage(settings);
      await lambda.functions.get('f');
      await s3.storage.head({ bucket: { name: 'b' }, key: 'k' });
      lambda.close();
      s3.close();
      return lines.map((line) => line.split(' ')[0]);
    };
    const both = ['/2015-03-31/functions/f', '/b/k'];

    it('endpoints by variables', async () => {
      config(`[profile dev]\n${KEYS}`);
      expect(await used(dev)).toEqual(both);
      delete process.env['AWS_ENDPOINT_URL'];
      process.env['AWS_ENDPOINT_URL_LAMBDA'] = url;
      process.env['AWS_ENDPOINT_URL_S3'] = `${url}/s3`;
      expect(await used(dev)).toEqual([both[0], '/s3/b/k']);
    });

    const services = () =>
      `services = here\n[services here]\nlambda =\n  endpoint_url = ${url}\ns3 =\n  endpoint_url = ${url}/s3\n`;
    it.each([
      ['services, option', 'option', services, '/s3/b/k'],
      ['services, AWS_PROFILE', 'variable', services, '/s3/b/k'],
      ['endpoint_url, option', 'option', () => `endpoint_url = ${url}\n`, '/b/k'],
      ['endpoint_url, AWS_PROFILE', 'variable', () => `endpoint_url = ${url}\n`, '/b/k'],
    ])('endpoints of the profile: %s', async (_, by, setting, object) => {
      delete process.env['AWS_ENDPOINT_URL'];
      config(`[profile dev]\n${KEYS}${setting()}`);
      if (by === 'variable') process.env['AWS_PROFILE'] = 'dev';
      expect(await used(by === 'variable' ? {} : dev)).toEqual([both[0], object]);
    });
  });
});
