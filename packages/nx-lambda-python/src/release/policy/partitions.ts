/** The partitions of AWS, which ARNs begin with: regions of their own, told apart by their names. */

/** By what the names of their regions begin with, as the SDK's own table of partitions has it. */
const PARTITIONS: readonly (readonly [prefix: string, name: string])[] = [
  ['cn-', 'aws-cn'],
  ['eusc-', 'aws-eusc'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
];

export function partitionOf(region: string | null): string {
  return PARTITIONS.find(([prefix]) => region?.startsWith(prefix))?.[1] ?? 'aws';
}

/**
 * How the condition key kms:ViaService names a service, after its region. Source: AWS KMS developer guide,
 * "kms:ViaService", which has the first two; of other partitions it says nothing, so that any end is taken.
 */
export function viaSuffix(region: string | null): string {
  const partition = partitionOf(region);
  if (partition === 'aws' || partition === 'aws-us-gov') return 'amazonaws.com';
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : '*';
}
