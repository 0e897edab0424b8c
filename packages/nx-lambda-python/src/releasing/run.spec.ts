import { untilFirst } from './run';

describe('plans that another release has made obsolete', () => {
  const attempts = (answers: (boolean | null)[]) => {
    const notes: string[] = [];
    const work = untilFirst(async () => answers.shift() ?? null, '`svc`', {
      note: (line) => void notes.push(line),
    });
    return { work, notes };
  };

  it('are made again, and the result of the last one is the answer', async () => {
    const { work, notes } = attempts([null, null, false, true]);
    expect(await work).toBe(false);
    expect(notes).toHaveLength(2);
  });

  it('are given up after five', async () => {
    const { work, notes } = attempts([]);
    await expect(work).rejects.toMatchObject({
      code: 'RELEASE_LOCKED',
      message: expect.stringContaining('`svc` was released 5 times by others'),
    });
    expect(notes).toHaveLength(4);
  });
});
