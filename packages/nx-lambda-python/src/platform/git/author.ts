/** Who releases, as CI, git or the system names them. For people to read; nothing is decided by it. */

import { hostname, userInfo } from 'node:os';
import type { ReleaseAuthor } from '../../release/records/record';
import { attempt } from '../process/attempt';
import { ask } from '../process/exec';
import { redactCredentials } from '../process/redact';

/** The only variables that are read: none of them is a secret anywhere. */
const USER_VARIABLES = [
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'BITBUCKET_STEP_TRIGGERER_UUID',
  'BUILD_REQUESTEDFOREMAIL', // Azure Pipelines
  'CIRCLE_USERNAME',
  'BUILDKITE_BUILD_CREATOR_EMAIL',
];
const RUN_VARIABLES = ['CI_JOB_URL', 'BUILD_URL', 'CIRCLE_BUILD_URL', 'BUILDKITE_BUILD_URL'];

/** If CI does not name a user, git's address, which commits carry as well. */
export async function releaseAuthor(
  workspaceRoot: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ReleaseAuthor> {
  const user =
    firstOf(USER_VARIABLES, environment) ??
    (await gitEmail(workspaceRoot)) ??
    // A container may run as a user without a name.
    attempt(() => userInfo().username) ??
    'unknown';
  const run = githubRun(environment) ?? firstOf(RUN_VARIABLES, environment) ?? null;
  return {
    user: redactCredentials(user, environment),
    host: hostname(),
    run: run === null ? null : redactCredentials(run, environment),
  };
}

function firstOf(names: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  return names.map((name) => environment[name]).find(Boolean);
}

function githubRun(environment: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment;
  return GITHUB_RUN_ID && GITHUB_SERVER_URL && GITHUB_REPOSITORY
    ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
    : undefined;
}

async function gitEmail(workspaceRoot: string): Promise<string | undefined> {
  const { exitCode, stdout } = await ask('git', ['config', 'user.email'], { cwd: workspaceRoot });
  return exitCode === 0 ? stdout.trim() || undefined : undefined;
}
