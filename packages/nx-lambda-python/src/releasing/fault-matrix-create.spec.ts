import { CALLS, describeDeploy } from './deploy-meets.fixtures';
import { cases, OUTCOMES } from './fault-matrix.fixtures';
import { handlerOf } from './workspace.fixtures';

/** The first one that changes. */
const CANARY = 'cancel';

describeDeploy('a release that creates its functions and meets', {
  calls: CALLS.create,
  options: { alias: 'live', missing: 'create', canaryEvent: 'event.json' },
  more: [
    ...cases({ function: ['CreateFunction'] }, OUTCOMES),
    ...cases({ once: ['Invoke'] }, ['function-error']),
  ],
  functionsExist: false,
  async prepare(service) {
    const file = handlerOf(CANARY)
      .replace(/\.handler$/, '')
      .replaceAll('.', '/');
    service.workspace.file = [`${file}.py`, 'def handler(event, context):\n    return event\n'];
    service.writeFile('event.json', '{}');
    service.writeFile(
      'services/svc/pyproject.toml',
      [
        '[project]\nname = "svc"\n',
        '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.13"\narchitecture = "arm64"\n',
        '[tool.nx-lambda-python.create]\nrole = "arn:aws:iam::000000000000:role/svc"\n',
      ].join('\n'),
    );
  },
});
