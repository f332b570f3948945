// "val_kl", "-val_elbo" or "val_recon+val_kl-8.19" as a function of a row, and the columns that it needs.
export function expression(text) {
  const terms = [...text.matchAll(/([+-]?)([a-z_]\w*|[\d.]+)/g)].map(([, sign, term]) => [sign === "-" ? -1 : 1, term]);
  const isNumber = (term) => /^[\d.]/.test(term);
  return {
    columns: terms.map(([, term]) => term).filter((term) => !isNumber(term)),
    of: (row) => terms.reduce((sum, [sign, term]) => sum + sign * (isNumber(term) ? Number(term) : row[term]), 0),
  };
}
