/** An upload that is killed at one of its writes, and the same command again. */

import { cuts, isLong } from './crash.fixtures';
import { runCut } from './cut.fixtures';
import { BUCKET, Service } from './service.fixtures';
import { writes } from './workspace.fixtures';

/** As many dependencies as S3 is asked to copy. */
const SHARED = 2 ** 24;
const OPTIONS = { bucket: BUCKET };

describe.each([
  // object, pointer to its dependencies
  { title: 'a first upload', count: 2, isFirst: true },
  // beginning, both parts, completion, pointer
  { title: 'an upload of what is new', count: 5, isFirst: false },
])('$title', ({ count, isFirst }) => {
  let service: Service;
  beforeEach(async () => {
    service = await Service.start();
    service.workspace.build(['create'], 'old', SHARED);
    if (!isFirst) expect(await service.upload()).toBe(true);
    service.workspace.build(['create'], 'new', SHARED);
  });

  const context = () => service.workspace.context('upload');

  it.each(cuts(count))('killed at write %s it takes effect', async (_, cut) => {
    const killed = await runCut('upload', OPTIONS, context(), cut);
    expect(killed).toMatchObject({ wasKilled: true, code: null });
    if ((await service.stored()) !== null) await service.expectWhole();
    expect(await service.upload()).toBe(true);
    await service.expectWhole();

    // What was left behind is in nobody's way: the next one sends what is new, or all if it must.
    service.workspace.build(['create'], 'newer', SHARED);
    expect(await service.upload()).toBe(true);
    await service.expectWhole();
  });

  if (!isLong) return;
  it('sends as many writes', async () => {
    const before = writes(service.account).length;
    const whole = await runCut('upload', OPTIONS, context(), null);
    expect(whole).toMatchObject({ wasKilled: false, code: 0, writes: count });
    expect(writes(service.account).length - before).toBe(count);
    await service.expectWhole();
  });
});
