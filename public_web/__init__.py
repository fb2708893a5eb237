"""The website: shows what the API answers and sends it what people wish; it holds no rule and no store."""
