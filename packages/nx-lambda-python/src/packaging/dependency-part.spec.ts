import { planPart, readInstallation, unknownExclusions, writePart } from './dependency-part';
import { contentsOf, openWheel, partOf } from './packaging.fixtures';

const a = openWheel({ name: 'a', files: { 'shared/x.py': '1' } });
const b = openWheel({ name: 'b', files: { 'shared/x.py': '2' } });
const NONE = { excludeDistributions: [], collisions: {}, layer: false, interpreter: null };

describe('planPart', () => {
  it('leaves out excluded distributions by their normalized names', () => {
    const my = openWheel({ name: 'My_Dist' });
    const { wheels } = planPart([my, a], { ...NONE, excludeDistributions: ['my-dist'] });
    expect(wheels).toEqual([a]);
  });

  it('names parts by wheels and choices', () => {
    const digests = [
      planPart([a, b], NONE),
      planPart([a], NONE),
      planPart([a, b], { ...NONE, collisions: { 'shared/x.py': 'a' } }),
      planPart([a, b], { ...NONE, layer: true }),
      planPart([a, b], { ...NONE, interpreter: '/var/lang/bin/python3.11' }),
      planPart([a, b], { ...NONE, interpreter: '/var/lang/bin/python3.12' }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(6);
    expect(planPart([a, b], { ...NONE, excludeDistributions: ['b'] }).digest).toBe(digests[1]);
  });
});

describe('unknownExclusions', () => {
  const wheels = [openWheel({ name: 'My_Dist' }), a];

  it('says which exclusions leave nothing out, by normalized names', () => {
    const excludeDistributions = ['my.dist', 'A', 'mydist', 'boto3'];
    expect(unknownExclusions(wheels, { excludeDistributions })).toEqual([
      '`excludeDistributions` names `mydist`, which is not required; did you mean `my-dist`?',
      '`excludeDistributions` names `boto3`, which is not required',
    ]);
  });

  it('says nothing of a service without requirements', () => {
    expect(unknownExclusions([], { excludeDistributions: ['boto3'] })).toEqual([]);
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
    const options = { collisions: {}, layer: false, interpreter: null };
    const known = new Map([[a.sha256, readInstallation(a, options)]]);
    const write = async (given?: typeof known) => {
      const chunks: Buffer[] = [];
      const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
      const { facts } = await writePart([a], options, sink, given);
      return { facts, bytes: Buffer.concat(chunks) };
    };
    expect(await write(known)).toEqual(await write());
    const nothing = new Map([[a.sha256, { entries: [], warnings: ['known'] }]]);
    expect((await write(nothing)).facts).toMatchObject({ entryCount: 0, warnings: ['known'] });
  });
});
