// One pass through the VAE's graph: the values forwards, and every gradient backwards by the chain rule. All exact.
const RATE = Math.SQRT2; // of the Laplace prior: its variance is one, as the normal prior's

const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
const sum = (values) => values.reduce((total, value) => total + value, 0);

// Abramowitz & Stegun 7.1.26: off by 1.5e-7 at most.
export function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

// -log p(x|z) in nats, its gradient by the decoder's output, and the mean image.
const LIKELIHOODS = {
  bernoulli: (output, x) => ({
    nats: sum(output.map((t, i) => softplus(t) - x[i] * t)),
    slope: output.map((t, i) => sigmoid(t) - x[i]),
    mean: output.map(sigmoid),
  }),
  gaussian: (output, x, tensors) => {
    const [logSigma] = tensors.log_sigma.data, variance = Math.exp(2 * logSigma);
    const constant = logSigma + 0.5 * Math.log(2 * Math.PI);
    return {
      nats: sum(output.map((t, i) => (x[i] - t) ** 2 / (2 * variance) + constant)),
      slope: output.map((t, i) => (t - x[i]) / variance),
      mean: output,
    };
  },
};

// KL(q || p) of one dimension in nats, and its gradient by mu and by sigma.
const PRIORS = {
  normal: (mu, sigma) => [(mu ** 2 + sigma ** 2 - 1) / 2 - Math.log(sigma), mu, sigma - 1 / sigma],
  laplace: (mu, sigma) => {
    const bell = Math.sqrt(2 / Math.PI) * Math.exp(-((mu / sigma) ** 2) / 2), side = erf(mu / (sigma * Math.SQRT2));
    const entropy = 0.5 * (1 + Math.log(2 * Math.PI)) + Math.log(sigma);
    return [RATE * (sigma * bell + mu * side) - Math.log(RATE / 2) - entropy, RATE * side, RATE * bell - 1 / sigma];
  },
};

// `net` is that of `model`, `x` an image in [0, 1], `epsilon` k numbers. The gradients are of
// loss = recon + beta kl: `path` through z (reparameterised), `weighed` of beta kl, `mu` and `sigma` their sum.
export function passes(net, model, tensors, x, epsilon) {
  const posterior = net.encode(x);
  const mu = Array.from(posterior.mu), sigma = Array.from(posterior.logvar, (value) => Math.exp(value / 2));
  const z = mu.map((value, i) => value + sigma[i] * epsilon[i]);
  const { nats, slope, mean } = LIKELIHOODS[model.likelihood](Array.from(net.output(z)), x, tensors);
  const dz = Array.from(net.pull(z, slope));
  const each = mu.map((value, i) => PRIORS[model.prior](value, sigma[i])), kl = sum(each.map(([value]) => value));
  const path = { mu: dz, sigma: dz.map((value, i) => value * epsilon[i]) };
  const weighed = { mu: each.map((one) => model.beta * one[1]), sigma: each.map((one) => model.beta * one[2]) };
  return { mu, sigma, epsilon, z, mean, recon: nats, kl, loss: nats + model.beta * kl, dz, path, weighed };
}

export const add = (a, b) => a.map((value, i) => value + b[i]);
export const norm = (...vectors) => Math.hypot(...vectors.flat());

// k draws from N(0, 1) (Box & Muller 1958).
export function normals(k) {
  return Array.from({ length: k }, () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));
}
