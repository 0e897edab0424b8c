/** What a rollback is asked to do: its own options, over those of the deploy target. */

import type { ExecutorContext } from '@nx/devkit';
import type { PlanRules } from '../release/plan/plan';
import type { OutputFormat } from '../report/render';
import { DEFAULT_WAIT_TIMEOUT_SECONDS, DEFAULT_WRITES_PER_SECOND } from './deploy-request';
import { releasesRequest, type ReleasesRequest } from './releases-request';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { commandOf, nxCommand } from '../targets/project';
import { normalizeAccount } from '../targets/options';
import { buildOutput } from '../targets/chain';

export interface RollbackRequest extends ReleasesRequest {
  /** Undefined undoes the last release. */
  to: number | undefined;
  only: readonly string[];
  rules: PlanRules;
  writesPerSecond: number;
  waitTimeoutSeconds: number;
  dryRun: boolean;
  forceUnlock: boolean;
  format: OutputFormat;
  /** Where deploy leaves its report, too. */
  reportDirectory: string;
  /** `npx nx rollback orders -c production` */
  command: string;
  /** The same of the target that lists releases, where the project has one. */
  releasesCommand: string | undefined;
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET */
export function rollbackRequest(
  options: RollbackExecutorSchema,
  context: ExecutorContext,
): RollbackRequest {
  const base = releasesRequest(options, context);
  const { deploy, upload, settings } = base;
  const accountId = options.accountId ?? deploy.accountId;
  return {
    ...base,
    to: options.to,
    only: options.only ?? [],
    // The simulated account has an id of its own.
    rules: {
      missing: 'error',
      accountId: settings.simulated ? undefined : normalizeAccount(accountId),
    },
    writesPerSecond: options.writesPerSecond ?? deploy.writesPerSecond ?? DEFAULT_WRITES_PER_SECOND,
    waitTimeoutSeconds:
      options.waitTimeoutSeconds ?? deploy.waitTimeoutSeconds ?? DEFAULT_WAIT_TIMEOUT_SECONDS,
    dryRun: options.dryRun ?? false,
    forceUnlock: options.forceUnlock ?? false,
    format: options.format ?? 'table',
    reportDirectory: buildOutput(context, upload.buildTarget).directory,
    command: nxCommand(context, context.targetName ?? 'rollback'),
    releasesCommand: commandOf(context, 'nx-lambda-python:releases') ?? undefined,
  };
}
