import { recorded, releaseRecord, stateOf } from './records.fixtures';
import { backTo, interruptedUndo, undoLast } from './rollback-target';

const [P0, P1, P2, P3] = [0, 1, 2, 3].map((n) => stateOf(Buffer.alloc(32, n).toString('base64')));
if (!P0 || !P1 || !P2 || !P3) throw new Error('no states');

const wanted = ({ functions }: ReturnType<typeof undoLast>) =>
  Object.fromEntries(functions.map(({ name, state }) => [name, state]));

describe('undoing the last release', () => {
  it('goes back to what it found, function by function', () => {
    const record = releaseRecord(7, [
      recorded('a', { before: P0, after: P2 }),
      recorded('b', { before: P1, after: P2 }),
    ]);
    const target = undoLast([record], '`svc`');
    expect(target).toMatchObject({ of: 7, description: 'undo release 7', unknown: [] });
    expect(wanted(target)).toEqual({ a: P0, b: P1 });
  });

  it('counts one that was killed, and passes over one that was brought back', () => {
    const killed = releaseRecord(
      7,
      [recorded('a', { before: P0, after: null, status: 'pending' })],
      {
        status: 'started',
      },
    );
    expect(wanted(undoLast([killed], '`svc`'))).toEqual({ a: P0 });
    const undone = releaseRecord(8, [recorded('a', { before: P1 })], { status: 'rolled-back' });
    expect(undoLast([killed, undone], '`svc`').of).toBe(7);
  });

  it('undoes a rollback, too', () => {
    const deploy = releaseRecord(1, [recorded('a', { before: P0, after: P1 })]);
    const rollback = releaseRecord(2, [recorded('a', { before: P1, after: P0 })], {
      kind: 'rollback',
      of: 1,
    });
    expect(wanted(undoLast([deploy, rollback], '`svc`'))).toEqual({ a: P1 });
  });

  it.each(['started', 'failed'] as const)('goes on with an undoing that is %s', (status) => {
    const deploy = releaseRecord(1, [
      recorded('a', { before: P0, after: P1 }),
      recorded('b', { before: P0, after: P1 }),
    ]);
    const back = [
      recorded('a', { before: P1, goal: P0.codeSha256, after: null }),
      recorded('b', { before: P1, goal: P0.codeSha256, after: null }),
    ];
    const undo = releaseRecord(2, back, { kind: 'rollback', of: 1, status });
    expect(interruptedUndo(undo, null)).toBe(1);
    const target = undoLast([deploy, undo], '`svc`');
    expect(target).toMatchObject({ of: 1, description: 'undo release 1, as release 2 began to' });
    expect(wanted(target)).toEqual({ a: P0, b: P0 });
    // Back to what ran after release 1, with `--to`: that is no undoing of it.
    const to = back.map((one) => ({ ...one, before: P2, goal: P1.codeSha256 }));
    const other = releaseRecord(2, to, { kind: 'rollback', of: 1, status });
    expect(wanted(undoLast([deploy, other], '`svc`'))).toEqual({ a: P2, b: P2 });
    expect(interruptedUndo({ ...deploy, status }, 1)).toBeNull();
  });

  it('goes on with an undoing that was killed between its end and the release of its lock', () => {
    const deploy = releaseRecord(1, [recorded('a', { before: P0, after: P1 })]);
    const back = [recorded('a', { before: P1, goal: P0.codeSha256, after: P0 })];
    const undo = releaseRecord(2, back, { kind: 'rollback', of: 1 });
    expect(interruptedUndo(undo, 1)).toBeNull();
    expect(interruptedUndo(undo, 2)).toBe(1);
    expect(wanted(undoLast([deploy, undo], '`svc`', 2))).toEqual({ a: P0 });
    expect(wanted(undoLast([deploy, undo], '`svc`', null))).toEqual({ a: P1 });
  });

  it('names what it cannot undo, and leaves out what was left out', () => {
    const record = releaseRecord(1, [
      recorded('made', { before: null }),
      recorded('missing', { before: null, after: null, status: 'skipped' }),
    ]);
    expect(undoLast([record], '`svc`')).toMatchObject({
      functions: [],
      unknown: [{ name: 'made', reason: 'was created by this release' }],
    });
  });

  it('needs a release', () => {
    expect(() => undoLast([], '`svc`')).toThrow('has no release to undo');
  });
});

describe('going back to a release', () => {
  it('restores what ran after it, also where other releases were of some functions only', () => {
    const records = [
      releaseRecord(4, [
        recorded('a', { before: P0, after: P1 }),
        recorded('b', { before: P0, after: P1 }),
      ]),
      releaseRecord(5, [recorded('b', { before: P1, after: P2 })]),
      releaseRecord(6, [
        recorded('a', { before: P1, after: P3 }),
        recorded('c', { before: P0, after: P3 }),
      ]),
    ];
    const target = backTo(4, records, '`svc`');
    expect(target.description).toBe('back to release 4');
    expect(wanted(target)).toEqual({ a: P1, b: P1, c: P0 });
    expect(wanted(backTo(5, records.slice(1), '`svc`'))).toEqual({ a: P1, b: P2, c: P0 });
  });

  it('takes for what failed there what the next release found', () => {
    const failed = releaseRecord(4, [recorded('a', { before: P0, after: null, status: 'failed' })]);
    const next = releaseRecord(5, [recorded('a', { before: P0, after: P2 })]);
    expect(wanted(backTo(4, [failed, next], '`svc`'))).toEqual({ a: P0 });
    expect(backTo(4, [failed], '`svc`').unknown).toEqual([
      { name: 'a', reason: expect.stringContaining('failed in that release') as string },
    ]);
  });

  it('names a release that there is not', () => {
    expect(() => backTo(9, [], '`svc`')).toThrow('`svc` has no release 9');
  });
});
