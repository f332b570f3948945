// NT-Xent of one view among the others, and its gradient by their similarities (repz_core/contrastive.py has the loss).

// Rows 2i and 2i + 1 are of one image.
export const partner = (row) => row ^ 1;

// Of view `row` in the cosines {shape: [M, M], data}, at a temperature: {loss, others}; others {view, cosine, p, push} by
// falling cosine: p the softmax, push a negative's share of what all negatives get; pull what the positive gets, and they too.
export function softmaxRow({ shape: [count], data }, row, temperature) {
  const cosine = (view) => data[row * count + view];
  const views = [...Array(count).keys()].filter((view) => view !== row).sort((a, b) => cosine(b) - cosine(a));
  const weights = views.map((view) => Math.exp((cosine(view) - cosine(views[0])) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0), best = weights[views.indexOf(partner(row))];
  const others = views.map((view, i) => ({ view, cosine: cosine(view), p: weights[i] / sum, push: view === partner(row) ? 0 : weights[i] / (sum - best || 1) }));
  const gap = (cosine(partner(row)) - cosine(views[0])) / temperature; // in logarithms: a weight may be zero in all digits
  return { loss: Math.log(sum) - gap, others, pull: (1 - best / sum) / temperature, negatives: Math.exp(entropy(others)) };
}

const entropy = (others) => others.reduce((total, { push }) => total - (push > 0 ? push * Math.log(push) : 0), 0);
