import { untilFirst } from './run';

describe('plans of which another release makes nothing', () => {
  const attempts = (answers: (boolean | null)[]) => {
    const notes: string[] = [];
    const work = untilFirst(async () => answers.shift() ?? null, '`svc`', {
      note: (line) => void notes.push(line),
    });
    return { work, notes };
  };

  it('are made anew, and what the good one came to is the answer', async () => {
    const { work, notes } = attempts([null, null, false, true]);
    expect(await work).toBe(false);
    expect(notes).toHaveLength(2);
  });

  it('are not made without end', async () => {
    const { work, notes } = attempts([]);
    await expect(work).rejects.toMatchObject({
      code: 'RELEASE_LOCKED',
      message: expect.stringContaining('`svc` was released 5 times by others'),
    });
    expect(notes).toHaveLength(4);
  });
});
