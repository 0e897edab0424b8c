import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, readPackage, type BuildOutput } from './built-package';
import { temporaryDirectory } from '../../temporary.fixtures';

const zip = Buffer.from('not a zip, but bytes');
const sha256 = createHash('sha256').update(zip).digest('base64');

describe('the output of build', () => {
  let output: BuildOutput;

  beforeEach(() => {
    const directory = temporaryDirectory();
    output = { directory, displayed: 'dist/svc', command: 'nx build svc' };
  });

  afterEach(() => rmSync(output.directory, { recursive: true }));

  function write(manifest: unknown): void {
    writeFileSync(join(output.directory, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(output.directory, 'package.zip'), zip);
  }

  const manifest = { format: 1, package: { file: 'package.zip', sha256 }, handlers: [] };

  it('is read and proven', async () => {
    write(manifest);
    const file = await readPackage(output, readManifest(output).package);
    expect(file).toMatchObject({ size: zip.length, sha256 });
    expect(Buffer.concat(await file.open().toArray())).toEqual(zip);
  });

  it('is missing before the first build', () => {
    expect(() => readManifest(output)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_NOT_BUILT',
        message: '`dist/svc/manifest.json` is missing',
        hint: expect.stringContaining('nx build svc'),
      }),
    );
  });

  it.each([[{ format: 2 }], [null], ['text'], [{ format: 1, package: {} }]])(
    'is refused with the manifest %j',
    (other) => {
      write(other);
      expect(() => readManifest(output)).toThrow(
        expect.objectContaining({ code: 'PACKAGE_NOT_BUILT' }),
      );
    },
  );

  it('is refused with a zip of another build, or none', async () => {
    write(manifest);
    writeFileSync(join(output.directory, 'package.zip'), 'other');
    const read = () => readPackage(output, readManifest(output).package);
    await expect(read()).rejects.toMatchObject({ code: 'PACKAGE_NOT_BUILT' });
    rmSync(join(output.directory, 'package.zip'));
    await expect(read()).rejects.toMatchObject({ code: 'PACKAGE_NOT_BUILT' });
  });
});
