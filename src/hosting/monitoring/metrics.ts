/** Metrics in the Prometheus text format (exposition format 0.0.4). */
import type { HistogramValues } from '../../base/index.ts';

export type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
}

export type Metric =
  | (Described & { readonly kind: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (Described & { readonly kind: 'histogram'; readonly samples: readonly HistogramSample[] });

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels?: Labels;
  readonly values: HistogramValues;
}

/** A metric with a single value. */
export const counter = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  kind: 'counter',
  samples: [{ value }],
});

export const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  kind: 'gauge',
  samples: [{ value }],
});

/** A counter with one label. */
export const counterBy = (
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): Metric => ({
  name,
  help,
  kind: 'counter',
  samples: Object.entries(values).map(([text, value]) => ({ labels: { [label]: text }, value })),
});

const escaped = (text: string) => text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function histogramLines(name: string, labels: Labels, values: HistogramValues): string[] {
  let below = 0;
  const buckets = values.counts.map((count, step) => {
    below += count;
    const bound = values.bounds[step];
    return `${name}_bucket${labelText({ ...labels, le: bound === undefined ? '+Inf' : String(bound) })} ${below}`;
  });
  return [
    ...buckets,
    `${name}_sum${labelText(labels)} ${values.sum}`,
    `${name}_count${labelText(labels)} ${values.count}`,
  ];
}

function sampleLines(metric: Metric): string[] {
  if (metric.kind === 'histogram') {
    return metric.samples.flatMap(({ labels = {}, values }) => histogramLines(metric.name, labels, values));
  }
  return metric.samples.map(({ labels = {}, value }) => `${metric.name}${labelText(labels)} ${value}`);
}

export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .map((metric) =>
      [
        `# HELP ${metric.name} ${metric.help.replace(/[\\\n]/g, ' ')}`,
        `# TYPE ${metric.name} ${metric.kind}`,
        ...sampleLines(metric),
        '',
      ].join('\n'),
    )
    .join('\n');
}
