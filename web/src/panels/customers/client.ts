/** What the server tells of customers. Nothing of it is kept in the address of the page. */

import { type Ask, ask, post, query } from "../../api/client";
import type { Schemas } from "../../api/types";

export type CustomerRecord = Schemas["CustomerRecord"];
export type CustomerCard = Schemas["CustomerCardDocument"];
export type Complaint = Schemas["ComplaintRecord"];
export type Usage = Schemas["UsageRecord"];
export type Customers = Schemas["CustomersDocument"];
export type Review = Schemas["CustomerReviewDocument"];
export type ReviewPair = Schemas["ReviewPairRecord"];

const MOST_PARTIES = 20;
const MOST_PAIRS = 50;

export function searchCustomers(by: string, text: string, options?: Ask): Promise<Customers> {
  const asked = query({ by, text, limit: MOST_PARTIES });
  return ask<Customers>(`/api/customers/search${asked}`, options);
}

export function readCard(of: string, options?: Ask): Promise<CustomerCard> {
  return ask<CustomerCard>(`/api/customers/card${query({ of })}`, options);
}

export function listReview(options?: Ask): Promise<Review> {
  return ask<Review>(`/api/customers/review${query({ limit: MOST_PAIRS })}`, options);
}

export function decidePair({ left, right }: ReviewPair, same: boolean) {
  const asked: Schemas["DecisionAsked"] = {
    left: left.record,
    right: right.record,
    same,
    actor: "",
  };
  return post<Schemas["DecisionAnswer"]>("/api/customers/review", asked);
}
