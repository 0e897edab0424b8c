/** Durable executions: listed here, made by seeding alone. */

import type { AwsResponse, Context } from '../protocol';
import type { LambdaInput } from './input';
import { requireFunction } from './lookup';
import { functionArn } from './model';
import { json, page } from './responses';

/**
 * Without a qualifier those of all versions.
 * Source: Lambda API reference, ListDurableExecutionsByFunction.
 */
export function listDurableExecutions(
  context: Context,
  { reference, query }: LambdaInput,
): AwsResponse {
  const { name, executions = [] } = requireFunction(context, reference.name);
  const statuses = query.getAll('Statuses');
  const { items, ...next } = page(
    executions.filter(
      ({ version, status }) =>
        (reference.qualifier ?? version) === version &&
        (statuses.length === 0 || statuses.includes(status)),
    ),
    query,
  );
  return json(200, {
    DurableExecutions: items.map(({ id, version, status, start }) => {
      const arn = functionArn(context.account.accountId, context.region, `${name}:${version}`);
      return {
        DurableExecutionArn: `${arn}/durable-execution/${id}/${id}`,
        DurableExecutionName: id,
        FunctionArn: arn,
        Status: status,
        StartTimestamp: start / 1000,
      };
    }),
    ...next,
  });
}
