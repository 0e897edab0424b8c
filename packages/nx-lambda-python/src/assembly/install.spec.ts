import type { KeyComponents } from '../packaging/requirements-key';
import { exec } from '../platform/process/exec';
import type { ResolveRequest } from '../platform/pip/request';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { installing } from './install';

describe('installing', () => {
  it('never falls back to the machine itself, for which pip would install', async () => {
    const mode = installing('orders', new DiskWheelStore('/nowhere'));
    await expect(
      mode.ensure({} as KeyComponents, {} as ResolveRequest, undefined, exec),
    ).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      hint: expect.stringContaining('"dependencies": "wheels"') as string,
    });
  });
});
