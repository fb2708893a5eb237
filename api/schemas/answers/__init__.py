"""What answers hold, for the OpenAPI document and the tests that hold the API to it; fields may join at any time."""
