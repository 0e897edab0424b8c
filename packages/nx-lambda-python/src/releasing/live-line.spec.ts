import { isColoured, isLive, LiveLine } from './live-line';

function terminal(columns = 20) {
  const written: string[] = [];
  return { isTTY: true, columns, written, write: (text: string) => written.push(text) };
}

describe('LiveLine', () => {
  it('leaves nothing behind, and never wraps', () => {
    const screen = terminal(10);
    const line = new LiveLine(screen, () => 'orders  code  12 of 300');
    line.start();
    line.clear();
    line.stop();
    expect(screen.written).toEqual(['\r\u001b[2Korders  c', '\r\u001b[2K']);
  });

  it('takes a terminal without a size for an ordinary one', () => {
    const screen = terminal(0);
    const line = new LiveLine(screen, () => 'orders  code');
    line.start();
    line.stop();
    expect(screen.written[0]).toContain('orders  code');
  });

  it('is drawn only in a terminal that a person looks at', () => {
    const screen = terminal();
    expect(isLive(screen, {})).toBe(true);
    expect(isLive(screen, { CI: 'true' })).toBe(false);
    expect(isLive(screen, { TERM: 'dumb' })).toBe(false);
    expect(isLive({ ...screen, isTTY: undefined }, { FORCE_COLOR: 'true' })).toBe(false);
    expect(isColoured(screen, { FORCE_COLOR: 'true' })).toBe(true);
    expect(isColoured(screen, { NO_COLOR: '1' })).toBe(false);
  });
});
