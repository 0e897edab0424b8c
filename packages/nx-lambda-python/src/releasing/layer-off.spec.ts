import './short-waits.fixtures';
import { Service } from './service.fixtures';

describe('a package without the layer that the last one had', () => {
  let service: Service;
  beforeEach(async () => {
    service = await Service.start();
    service.workspace.layer = '';
    await service.bring('old');
    await service.attachLayer('monitoring');
  });

  const LAYER = 'arn:aws:lambda:eu-west-1:000000000000:layer';
  const layers = async () => (await service.look('live')).map(({ latest }) => latest?.layers);
  const leave = async (content: string) => {
    service.workspace.layer = null;
    return service.bring(content);
  };

  it('is told in the plan, takes it away after the code, and then rests', async () => {
    expect(await service.deploy({})).toBe(true);
    const attached = [`${LAYER}:monitoring:1`, `${LAYER}:svc-dependencies:1`];
    expect(await layers()).toEqual([attached, attached, attached]);

    await leave('new');
    service.printed();
    expect(await service.deploy({ dryRun: true })).toBe(true);
    expect(service.printed()).toContain('3 update, 3 without the layer svc-dependencies;');
    expect(await layers()).toEqual([attached, attached, attached]);

    const start = service.account.requests.length;
    expect(await service.deploy({})).toBe(true);
    expect(service.printed()).toContain('3 update, 3 without the layer svc-dependencies');
    const own = [`${LAYER}:monitoring:1`];
    expect(await layers()).toEqual([own, own, own]);
    const written = service.account.requests
      .slice(start)
      .filter(({ operation, target }) => /^Update/.test(operation) && target === 'svc-create')
      .map(({ operation }) => operation);
    expect(written).toEqual(['UpdateFunctionCode', 'UpdateFunctionConfiguration']);

    service.printed();
    expect(await service.deploy({})).toBe(true);
    expect(service.printed()).toContain('3 unchanged');
  });

  it('takes it from the alias, too, where the code is there already', async () => {
    const sha256 = service.workspace.sha256;
    expect(await service.deploy({ alias: 'live' })).toBe(true);
    expect(await leave('old')).toBe(sha256);
    expect(await service.deploy({ alias: 'live' })).toBe(true);
    const live = (await service.look('live')).map((one) => one.live);
    const own = { code: sha256, layers: [`${LAYER}:monitoring:1`] };
    expect(live).toEqual([own, own, own]);
  });

  it('leaves a layer of another name, and one that `layerName` does not name', async () => {
    expect(await service.deploy({ layerName: 'older' })).toBe(true);
    await leave('new');
    expect(await service.deploy({})).toBe(true);
    const both = [`${LAYER}:monitoring:1`, `${LAYER}:older:1`];
    expect(await layers()).toEqual([both, both, both]);
  });
});
