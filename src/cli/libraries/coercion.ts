// In the place of Stripe's V2Coercion: it makes exact decimals of figures that we neither send nor read.

export const coerceV2RequestData = <Data>(data: Data): Data => data
export const coerceV2ResponseData = <Data>(data: Data): Data => data
