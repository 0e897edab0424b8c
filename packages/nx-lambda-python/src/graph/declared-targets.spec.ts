import { configurationNames, declaredTarget, takenBy, type TargetPlaces } from './declared-targets';

const DEPLOY = 'nx-lambda-python:deploy';
const of = (places: TargetPlaces) => declaredTarget('deploy', DEPLOY, places);
const names = (places: TargetPlaces) => configurationNames(of(places));
const configuration = (name: string) => ({ configurations: { [name]: {} } });

test('every place that Nx reads is read, from the weakest to the strongest', () => {
  const declared = of({
    changes: configuration('plugin'),
    targetDefaults: { [DEPLOY]: configuration('defaults') },
    packageJson: JSON.stringify({ nx: { targets: { deploy: configuration('package') } } }),
    projectJson: JSON.stringify({
      targets: { deploy: { ...configuration('project'), defaultConfiguration: 'project' } },
    }),
  });
  expect(declared.map(({ place }) => place)).toEqual([
    'plugin options',
    'targetDefaults',
    'package.json',
    'project.json',
  ]);
  expect(configurationNames(declared)).toEqual(['plugin', 'defaults', 'package', 'project']);
  expect(declared.at(-1)?.defaultConfiguration).toBe('project');
});

test('of targetDefaults, one key counts: the executor, then the name, then the longest glob', () => {
  const [glob, longer] = [configuration('glob'), configuration('longer')];
  const [byName, byExecutor] = [configuration('name'), configuration('executor')];
  const targetDefaults: Record<string, unknown> = { 'd*': glob, 'dep*': longer, 'x*': byName };
  expect(names({ targetDefaults })).toEqual(['longer']);
  targetDefaults['deploy'] = byName;
  expect(names({ targetDefaults })).toEqual(['name']);
  targetDefaults[DEPLOY] = byExecutor;
  expect(names({ targetDefaults })).toEqual(['executor']);
});

test('lists with filters, as Nx 23 has them', () => {
  const of24 = (executor: string) => [
    { filter: { executor }, ...configuration('fitting') },
    { filter: { projects: ['tag:lambda'] }, ...configuration('perhaps') },
  ];
  expect(names({ targetDefaults: { deploy: of24(DEPLOY) } })).toEqual(['fitting', 'perhaps']);
  expect(names({ targetDefaults: { deploy: of24('other:deploy') } })).toEqual(['perhaps']);
});

test('another executor replaces what is weaker', () => {
  const declared = of({
    changes: configuration('ours'),
    projectJson: JSON.stringify({ targets: { deploy: { command: 'make deploy' } } }),
  });
  expect(names({ changes: configuration('ours') })).toEqual(['ours']);
  expect(configurationNames(declared)).toEqual([]);
  expect(takenBy(declared, DEPLOY)).toEqual({ executor: 'nx:run-commands', place: 'project.json' });
});

test('an npm script takes its name, unless it is left out or replaced', () => {
  const scripts = { deploy: 'make deploy' };
  const taken = (manifest: object, projectJson?: string) =>
    takenBy(of({ packageJson: JSON.stringify(manifest), projectJson }), DEPLOY);
  expect(taken({ scripts })).toEqual({ executor: 'nx:run-script', place: 'package.json' });
  expect(taken({ scripts, nx: { includedScripts: [] } })).toBeUndefined();
  expect(taken({ scripts, nx: { targets: { deploy: { executor: DEPLOY } } } })).toBeUndefined();
  const projectJson = JSON.stringify({ targets: { deploy: { executor: DEPLOY } } });
  expect(taken({ scripts }, projectJson)).toBeUndefined();
});

test('what is no JSON, or no object, declares nothing', () => {
  expect(of({ projectJson: '{', packageJson: '[]', targetDefaults: 7, changes: null })).toEqual([]);
});
