import { join } from 'node:path';
import type { Mount } from '../platform/engines/container';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { containerMeaning, containerPlace } from './container-place';
import type { BuildOptions } from './normalize';

const workspaceRoot = join(__dirname, 'workspace');
const image = { engine: 'docker', name: 'image:1', digest: 'sha256:a' } as const;
const mount = (source: string, more: Partial<Mount> = {}): Mount => ({
  ...{ source, target: '/x', readOnly: true },
  ...more,
});
const options = (partial: Partial<BuildOptions>): BuildOptions =>
  ({
    workspaceRoot,
    sourceRoot: workspaceRoot,
    network: 'host',
    mount: 'auto',
    volumes: [],
    environment: { literal: {}, inherited: [] },
    containerArgs: [],
    ...partial,
  }) as BuildOptions;
const place = (partial: Partial<BuildOptions>) =>
  containerPlace(options(partial), image, 'sha256:a', new DiskWheelStore('/store'));

describe('containerPlace', () => {
  it('takes what is in the workspace from the commit that is built', () => {
    const outside = [mount('/opt/oracle'), mount('cache', { isVolume: true })];
    const volumes = [mount(join(workspaceRoot, 'libs', 'c')), ...outside];
    expect(place({ volumes }).volumes).toEqual(volumes);
    const sourceRoot = join(__dirname, 'commit');
    expect(place({ volumes, sourceRoot }).volumes).toEqual([
      mount(join(sourceRoot, 'libs', 'c')),
      ...outside,
    ]);
  });

  it('passes on only variables that are set', () => {
    const inherited = ['PATH', 'NX_LAMBDA_PYTHON_NOT_SET'];
    expect(place({ environment: { literal: { A: '1' }, inherited } })).toMatchObject({
      environment: { A: '1' },
      inherited: ['PATH'],
    });
  });
});

describe('containerMeaning', () => {
  const meaning = (partial: Partial<BuildOptions>) => containerMeaning(options(partial));

  it('has targets and literal values, no source and nothing of this machine', () => {
    const inherited = ['SECRET'];
    expect(meaning({ environment: { literal: {}, inherited } })).toBeUndefined();
    expect(
      meaning({
        volumes: [mount('/home/me/oracle')],
        environment: { literal: { CFLAGS: '-O2' }, inherited },
      }),
    ).toEqual({ volumes: ['/x'], environment: { CFLAGS: '-O2' } });
  });
});
