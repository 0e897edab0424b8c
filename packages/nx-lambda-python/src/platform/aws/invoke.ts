/** Calls a function in AWS, and reads what its log tells of the call. */

import type { Lambda } from '@aws-sdk/client-lambda';
import type { AwsResult } from '../../release/model/aws-failure';
import { call } from './call';

export interface RemoteCall {
  functionName: string;
  /** A version or an alias; $LATEST if undefined. */
  qualifier: string | undefined;
  /** JSON. */
  payload: Uint8Array;
  tenantId: string | undefined;
  /** JSON. */
  clientContext: string | undefined;
}

export interface RemoteResult {
  payload: Uint8Array;
  functionError?: 'Handled' | 'Unhandled';
  /** That was run. */
  version: string | undefined;
  /** The last 4 KB of the function's own lines. */
  log: string[];
  initMs?: number;
  runMs: number;
  maxMemoryMb?: number;
  memoryMb?: number;
}

export function invokeRemote(
  client: Lambda,
  request: RemoteCall,
): Promise<AwsResult<RemoteResult>> {
  return call('Invoke', async () => {
    const { functionName, qualifier, payload, tenantId, clientContext } = request;
    const answer = await client.invoke({
      FunctionName: functionName,
      Qualifier: qualifier,
      Payload: payload,
      LogType: 'Tail',
      TenantId: tenantId,
      ClientContext: clientContext && Buffer.from(clientContext).toString('base64'),
    });
    const { FunctionError, ExecutedVersion, LogResult = '' } = answer;
    return {
      payload: answer.Payload ?? new Uint8Array(),
      ...(FunctionError !== undefined && {
        functionError: FunctionError === 'Handled' ? ('Handled' as const) : ('Unhandled' as const),
      }),
      version: ExecutedVersion,
      ...readTail(Buffer.from(LogResult, 'base64').toString('utf8')),
    };
  });
}

/** Source: AWS Lambda developer guide, "Viewing CloudWatch logs for Python Lambda functions": START, END and REPORT. */
export function readTail(
  text: string,
): Pick<RemoteResult, 'log' | 'runMs' | 'initMs' | 'maxMemoryMb' | 'memoryMb'> {
  const lines = text.split('\n');
  const report = lines.find((line) => line.startsWith('REPORT RequestId:')) ?? '';
  const figure = (name: string): number | undefined => {
    const [, value] = new RegExp(`(?:^|\\t)${name}: ([\\d.]+) M?[Bms]+`).exec(report) ?? [];
    return value === undefined ? undefined : Number(value);
  };
  const [initMs, maxMemoryMb, memoryMb] = ['Init Duration', 'Max Memory Used', 'Memory Size'].map(
    figure,
  );
  return {
    log: lines.filter((line) => line !== '' && !/^(INIT_START|START|END|REPORT|XRAY)\b/.test(line)),
    runMs: figure('Duration') ?? 0,
    ...(initMs !== undefined && { initMs }),
    ...(maxMemoryMb !== undefined && { maxMemoryMb }),
    ...(memoryMb !== undefined && { memoryMb }),
  };
}
