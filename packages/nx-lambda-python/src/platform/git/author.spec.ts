import { tmpdir } from 'node:os';
import { releaseAuthor } from './author';

describe('the author of a release', () => {
  it('is whom CI names, with its run', async () => {
    const github = {
      GITHUB_ACTOR: 'ada',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '42',
    };
    expect(await releaseAuthor(tmpdir(), github)).toMatchObject({
      user: 'ada',
      run: 'https://github.com/acme/shop/actions/runs/42',
    });
    const gitlab = { GITLAB_USER_LOGIN: 'grace', CI_JOB_URL: 'https://gitlab.test/acme/-/jobs/7' };
    expect(await releaseAuthor(tmpdir(), gitlab)).toMatchObject({
      user: 'grace',
      run: 'https://gitlab.test/acme/-/jobs/7',
    });
  });

  it('is somebody everywhere', async () => {
    const { user, host, run } = await releaseAuthor('/nonexistent', {});
    expect([user, host].every(Boolean)).toBe(true);
    expect(run).toBeNull();
  });

  it('is never a credential', async () => {
    const by = await releaseAuthor(tmpdir(), {
      GITLAB_USER_LOGIN: 'grace',
      CI_JOB_URL: 'https://ci:token@gitlab.test/jobs/7',
      CI_JOB_TOKEN: 'secret',
    });
    expect(JSON.stringify(by)).not.toMatch(/token|secret/);
  });
});
