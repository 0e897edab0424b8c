/** Stages as Nx runs them: what it drops from a command line, and names that it gives to something else. */

import { NEWEST, SUPPORTED } from '../../tools/nx-versions';
import { describeLong } from './support/engine';
import { serviceFiles, Workspace } from './support/workspace';

describeLong.each(SUPPORTED.map((version) => [version.nx, version] as const))(
  'Nx %s',
  (nx, version) => {
    let workspace: Workspace;
    beforeAll(() => {
      workspace = new Workspace(`stages ${nx}`, version).init(
        serviceFiles('services/orders', 'package = "orders"\nruntime = "python3.13"\n', {
          'orders/__init__.py': '',
          'orders/handlers/__init__.py': '',
          'orders/handlers/refund.py': 'def handler(event, context):\n    return event\n',
          // The simulated account in the place of AWS: nothing but deploy knows of production.
          'project.json': JSON.stringify({
            name: 'orders',
            targets: {
              build: { options: { engine: 'host' } },
              upload: { options: { simulated: true } },
              deploy: {
                options: { stage: 'dev', functionName: '{stage}-{handler}' },
                configurations: { production: { stage: 'prod' } },
              },
            },
          }),
        }),
      );
    });

    // What each of them does is the same with every Nx.
    const targets = ['deploy', 'rollback', 'releases', 'prune-versions', 'upload'];
    it.each(version === NEWEST ? targets : targets.slice(0, 1))(
      '%s refuses a stage that does not exist, and names the one that is near',
      (target) => {
        workspace.fail(
          [target, 'orders', '-c', 'prodction'],
          ['error[CONFIGURATION_UNKNOWN]', 'hint: run the same command with `-c production`'],
        );
      },
    );

    it('rolls the stage back that was asked for', () => {
      for (const content of ['1', '2']) {
        const handler = `def handler(event, context):\n    return ${content}\n`;
        workspace.write('services/orders/orders/handlers/refund.py', handler);
        workspace.succeed(['deploy', 'orders']);
        const deployed = workspace.succeed(['run', 'orders:deploy:production']);
        expect(deployed).toContain('deploys to stage prod, account 000000000000');
      }
      const undone = workspace.succeed(['rollback', 'orders', '-c', 'production']);
      expect(undone).toContain('rolls back in stage prod, account 000000000000');
      expect(workspace.succeed(['releases', 'orders', '--format=json'])).not.toContain(
        '"rollback"',
      );
      expect(
        workspace.succeed(['releases', 'orders', '-c', 'production', '--format=json']),
      ).toContain('"rollback"');
    });

    it('an npm script of the name is refused before it runs', () => {
      workspace.write(
        'services/orders/package.json',
        JSON.stringify({ name: 'orders', scripts: { rollback: 'echo the script ran' } }),
      );
      const { code, output } = workspace.nx(['rollback', 'orders', '-c', 'production']);
      expect(output).toContain(
        'error[TARGET_TAKEN]: `rollback` of `orders` is an npm script of services/orders/package.json',
      );
      expect(output).not.toContain('the script ran\n');
      expect(code).not.toBe(0);
      expect(workspace.succeed(['show', 'project', 'orders', '--json'])).toContain(
        '`rollback` (nx:run-script, package.json)',
      );
      workspace.remove('services/orders/package.json');
    });
  },
);
