/** What in a plan forbids every write. */

import { LambdaPythonError } from '../../errors';
import type { Plan, PlannedFunction, PlanStatus } from './plan';

export interface PlanRules {
  missing: 'error' | 'skip' | 'create';
  /** The only account that may be changed; any without it. */
  accountId?: string;
  /** The hint for a function that does not fit, where there is a better one than to change it in AWS. */
  mismatchHint?: string;
}

/** The worst thing first: another account, then functions that do not fit, then missing ones. */
export function planError(plan: Plan, rules: PlanRules): LambdaPythonError | null {
  return accountError(plan, rules) ?? mismatchError(plan, rules) ?? missingError(plan, rules);
}

/** `111122223333/eu-west-1`, or only the region while no function shows the account. */
export function placeOf({ accounts, region }: Plan): string {
  return accounts.length === 0 ? region : `${accounts.join('+')}/${region}`;
}

function accountError(plan: Plan, { accountId }: PlanRules): LambdaPythonError | null {
  if (accountId === undefined) return null;
  if (plan.accounts.length === 0 && plan.functions.some(({ creates }) => creates)) {
    return new LambdaPythonError('ACCOUNT_UNKNOWN', {
      message: `neither a function nor STS tells the account, expected ${accountId}; nothing was changed`,
      hint: 'open the way to STS of this region (AWS_ENDPOINT_URL_STS names another one): functions are created only in an account that is known',
    });
  }
  const others = plan.accounts.filter((account) => account !== accountId);
  if (others.length === 0) return null;
  return new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `the functions are in account ${others.join(', ')}, expected ${accountId}; nothing was changed`,
    hint: `use credentials of ${accountId} (--profile), or correct \`accountId\``,
  });
}

function mismatchError(plan: Plan, { mismatchHint }: PlanRules): LambdaPythonError | null {
  const wrong = withStatus(plan, 'mismatch');
  if (wrong.length === 0) return null;
  const list = named(wrong.map(({ name, detail }) => `${name} (${detail})`));
  return new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `${wrong.length} of ${plan.functions.length} functions in ${placeOf(plan)} cannot run this package: ${list}; nothing was changed`,
    hint:
      mismatchHint ??
      'change the function where it is defined, or the marker in pyproject.toml, then build again; `--only` leaves functions out',
  });
}

function missingError(plan: Plan, { missing }: PlanRules): LambdaPythonError | null {
  const absent = withStatus(plan, 'missing').filter(({ creates }) => !creates);
  if (absent.length === 0 || missing === 'skip') return null;
  const names = named(absent.map(({ name }) => name));
  const verb = absent.length === 1 ? 'does' : 'do';
  return new LambdaPythonError('FUNCTION_MISSING', {
    message: `${absent.length} of ${plan.functions.length} functions ${verb} not exist in ${placeOf(plan)}: ${names}; nothing was changed`,
    hint: 'create them, correct `functionName`, or run with --missing=skip, or --missing=create',
  });
}

function withStatus(plan: Plan, status: PlanStatus): PlannedFunction[] {
  return plan.functions.filter((one) => one.status === status);
}

/** All of a few, the first of many: the plan above the error has them all. */
function named(items: readonly string[]): string {
  const shown = items.slice(0, 20).join(', ');
  return items.length > 20 ? `${shown} and ${items.length - 20} more` : shown;
}
