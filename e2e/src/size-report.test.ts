/** The page that `nx size --format=html` writes, in a real browser. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWheel } from '../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { Browser, describeWithBrowser } from './support/browser';
import { runDirectory } from './support/run-directory';
import { HANDLER, MARKER, serviceFiles, Workspace } from './support/workspace';

const HOSTILE = `<img src=x onerror='document.title="run"'>&"`;

/** Of the text of all that has a background, in each colour: the contrast of the two, as WCAG 2.2 counts it. */
const CONTRASTS = `(() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255).map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const boxes = [...document.querySelectorAll('.map li')];
  const colours = [...document.styleSheets[0].cssRules].flatMap((rule) => /^\\.(c\\d+)$/.exec(rule.selectorText)?.[1] ?? []);
  return colours.flatMap((colour) => boxes.map((box) => (box.className = colour)) && [...document.querySelectorAll('body, .map li, .map span')].map((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    const [a, b] = [light(color), light(backgroundColor)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()`;

/** Of each box of the map: left, top, right, bottom, in percent of it. */
const BOXES = `(() => {
  const map = document.querySelector('.map').getBoundingClientRect();
  return [...document.querySelectorAll('.map > li')].map((element) => {
    const box = element.getBoundingClientRect();
    return [box.left - map.left, box.top - map.top, box.right - map.left, box.bottom - map.top]
      .map((side, index) => 100 * side / (index % 2 === 0 ? map.width : map.height));
  });
})()`;

describeWithBrowser('the page of a size report', () => {
  let browser: Browser;

  beforeAll(async () => {
    const files = { 'demo/__init__.py': '# demo\n'.repeat(900), 'demo/<i>.txt': 'x' };
    const wheel = buildWheel({ name: 'demo', files });
    const service = serviceFiles('services/orders', MARKER, {
      'app/handlers/a.py': HANDLER,
      [`app/${HOSTILE}.txt`]: 'x'.repeat(3000),
      'app/more.py': '# more\n'.repeat(200),
      'requirements.txt': `./${wheel.filename}\n`,
    });
    const workspace = new Workspace('size report').init(service, { build: { engine: 'host' } });
    workspace.write(`services/orders/${wheel.filename}`, wheel.bytes);
    workspace.succeed(['size', 'orders', '--format=html']);
    browser = await Browser.start(join(runDirectory(), 'browser'));
    const page = join(workspace.root, 'dist/services/orders/size-report.html');
    await browser.open(pathToFileURL(page).href);
  });
  afterAll(() => browser.stop());

  it('loads and runs nothing, whatever names hold', async () => {
    const requests = browser.events.filter(({ method }) => method === 'Network.requestWillBeSent');
    expect(requests).toHaveLength(1);
    expect(browser.events.filter(({ method }) => method === 'Log.entryAdded')).toEqual([]);
    const foreign = "document.querySelectorAll('img, script, link, iframe').length";
    expect(await browser.evaluate(foreign)).toBe(0);
    expect(await browser.evaluate('document.title')).toBe('Size of orders');
    expect(await browser.evaluate('document.body.textContent')).toContain(HOSTILE);
  });

  it('is told to screen readers with headings, links and tables', async () => {
    const told = await browser.accessible();
    expect(told.filter((node) => node.startsWith('heading '))).toEqual([
      'heading Size of orders',
      'heading Map',
      'heading Distributions',
      'heading Handlers, with all they reach',
      'heading Top directories',
    ]);
    expect(told).toContain('list Map');
    const links = told.filter((node) => node.startsWith('link '));
    expect(links).toEqual([
      expect.stringMatching(/^link demo 1\.0: 6\.\d kB, 60\.\d %$/),
      expect.stringMatching(/^link own files: 4\.\d kB, 39\.\d %$/),
    ]);
    expect(told.filter((node) => node.startsWith('table '))).toHaveLength(3);
    for (const node of ['columnheader unzipped', 'rowheader own files', 'rowheader a']) {
      expect(told).toContain(node);
    }
  });

  it('is used by keys: from a box to its row', async () => {
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.closest(".map") !== null')).toBe(true);
    await browser.press('Enter');
    expect(await browser.evaluate('location.hash')).toBe('#row-0');
    expect(await browser.evaluate('document.activeElement.id')).toBe('row-0');
  });

  it.each(['light', 'dark'])('has text that can be read, %s', async (value) => {
    const features = [{ name: 'prefers-color-scheme', value }];
    await browser.send('Emulation.setEmulatedMedia', { features });
    const contrasts = await browser.evaluate<number[]>(CONTRASTS);
    expect(contrasts.length).toBeGreaterThan(30);
    expect(Math.min(...contrasts)).toBeGreaterThan(7);
    const background = await browser.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(value === 'light' ? 'rgb(255, 255, 255)' : 'rgb(21, 21, 21)');
  });

  it.each([1280, 320])('has a map in the page, %d pixels wide', async (width) => {
    const screen = { width, height: 800, deviceScaleFactor: 1, mobile: false };
    await browser.send('Emulation.setDeviceMetricsOverride', screen);
    const boxes = await browser.evaluate<number[][]>(BOXES);
    for (const box of boxes) expect(Math.max(...box)).toBeLessThanOrEqual(100.5);
    const scrolls = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect(await browser.evaluate(scrolls)).toBe(false);
  });
});
