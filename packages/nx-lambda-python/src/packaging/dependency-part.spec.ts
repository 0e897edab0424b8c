import { idleNames, PLAIN_PART, planPart, readInstallation, writePart } from './dependency-part';
import { fileExclusions } from './file-exclusions';
import { contentsOf, openWheel, partOf } from './packaging.fixtures';
import { parseRecord } from './wheel/record';

const a = openWheel({ name: 'a', files: { 'shared/x.py': '1' } });
const b = openWheel({ name: 'b', files: { 'shared/x.py': '2' } });

describe('planPart', () => {
  it('leaves out excluded distributions by their normalized names', () => {
    const my = openWheel({ name: 'My_Dist' });
    const { wheels } = planPart([my, a], { ...PLAIN_PART, excludeDistributions: ['my-dist'] });
    expect(wheels).toEqual([a]);
  });

  it('names parts by wheels and choices', () => {
    const digests = [
      planPart([a, b], PLAIN_PART),
      planPart([a], PLAIN_PART),
      planPart([a, b], { ...PLAIN_PART, collisions: { 'shared/x.py': 'a' } }),
      planPart([a, b], { ...PLAIN_PART, layer: true }),
      planPart([a, b], { ...PLAIN_PART, interpreter: '/var/lang/bin/python3.11' }),
      planPart([a, b], { ...PLAIN_PART, interpreter: '/var/lang/bin/python3.12' }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(6);
    expect(planPart([a, b], { ...PLAIN_PART, excludeDistributions: ['b'] }).digest).toBe(
      digests[1],
    );
  });
});

describe('idleNames', () => {
  const gaps = [{ rule: 'record-not-listed', files: 1, example: 'x' }] as const;
  const wheels = [openWheel({ name: 'My_Dist' }), { ...a, gaps: [...gaps] }];
  const options = {
    excludeDistributions: ['my.dist', 'A', 'mydist', 'boto3'],
    acceptIncompleteRecords: ['a', 'My-Dist', 'boto3'],
  };

  it('says which names change nothing, however they are spelled', () => {
    expect(idleNames(wheels, options)).toEqual([
      '`excludeDistributions` names `mydist`, which is not required; did you mean `my-dist`?',
      '`excludeDistributions` names `boto3`, which is not required',
      '`acceptIncompleteRecords` names `My-Dist`, whose RECORD is complete',
      '`acceptIncompleteRecords` names `boto3`, which is not required',
    ]);
  });

  it('says nothing of a service without requirements', () => {
    expect(idleNames([], options)).toEqual([]);
  });
});

describe('a part without files that are excluded', () => {
  const exclude = (...patterns: string[]) => ({ excludeFiles: fileExclusions(patterns) });
  const one = openWheel({
    name: 'one',
    files: {
      ...{ 'one/__init__.py': '1', 'one/data/a.json': 'aa', 'one/data/b.json': 'bb' },
      ...{ 'gone/__init__.py': '', 'one.pth': 'x' },
      'one-1.0.data/purelib/one/tests/test_x.py': 'xx',
      'one-1.0.data/scripts/tool': 'x',
    },
  });
  const all = exclude('*.json', '!b.json', '/gone/', '*.pth', 'preset:tests', 'bin/', '/nowhere');

  it.each([
    ['', {}],
    ['python/', { layer: true }],
  ])('has none of them below `%s`, and no rows for them', async (prefix, options) => {
    const interpreter = '/var/lang/bin/python3.11';
    const { archive, facts } = await partOf([one], {}, { ...all, ...options, interpreter });
    const contents = contentsOf(archive.read(0, archive.size));
    const kept = ['one/__init__.py', 'one/data/b.json'];
    const own = ['METADATA', 'RECORD', 'WHEEL'].map((name) => `one-1.0.dist-info/${name}`);
    expect(Object.keys(contents).sort()).toEqual([...own, ...kept].map((path) => prefix + path));
    const rows = contents[`${prefix}one-1.0.dist-info/RECORD`] ?? '';
    expect([...parseRecord('one', rows).keys()].sort()).toEqual([...own, ...kept]);
    expect(facts).toMatchObject({
      distributions: [{ name: 'one', leftOut: { files: 5, size: 6 } }],
      leftOut: [{ name: 'gone', distributions: ['one'], isRegular: true }],
      modules: [{ name: 'one' }],
      warnings: ['`excludeFiles` has `/nowhere`, which matches no file of a distribution'],
    });
  });

  it('is another part, and the same bytes where nothing matches', async () => {
    expect(planPart([a], { ...PLAIN_PART, ...all }).digest).not.toBe(
      planPart([a], PLAIN_PART).digest,
    );
    const { sha256 } = (await partOf([a])).facts;
    expect((await partOf([a], {}, exclude('*.json'))).facts.sha256).toBe(sha256);
  });

  it('has no collision of such files', async () => {
    const { facts } = await partOf([a, b], {}, exclude('/shared/'));
    expect(facts.distributions).toMatchObject([
      { leftOut: { files: 1 } },
      { leftOut: { files: 1 } },
    ]);
  });
});

describe('writePart', () => {
  it('refuses distributions that differ in a file', async () => {
    await expect(partOf([a, b])).rejects.toMatchObject({ code: 'ENTRY_COLLISION' });
  });

  it('takes the distribution that was chosen', async () => {
    const { archive, facts } = await partOf([a, b], { 'shared/x.py': 'b' });
    expect(contentsOf(archive.read(0, archive.size))['shared/x.py']).toBe('2');
    expect(facts.distributions.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(facts.entryCount).toBe(7);
  });

  it('puts the files of a layer where Python looks for them', async () => {
    const { archive, facts } = await partOf([a], {}, { layer: true });
    const paths = Object.keys(contentsOf(archive.read(0, archive.size)));
    expect(paths).toContain('python/shared/x.py');
    expect(paths.filter((path) => !path.startsWith('python/'))).toEqual([]);
    expect(facts.topLevel).toEqual(['a-1.0.dist-info', 'shared']);
  });

  it('gives the same bytes from installations that were read before', async () => {
    const known = new Map([[a.sha256, readInstallation(a, PLAIN_PART)]]);
    const write = async (given?: typeof known) => {
      const chunks: Buffer[] = [];
      const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
      const { facts } = await writePart([a], PLAIN_PART, sink, given);
      return { facts, bytes: Buffer.concat(chunks) };
    };
    expect(await write(known)).toEqual(await write());
    const nothing = new Map([[a.sha256, { entries: [], leftOut: [], warnings: ['known'] }]]);
    expect((await write(nothing)).facts).toMatchObject({ entryCount: 0, warnings: ['known'] });
  });
});
