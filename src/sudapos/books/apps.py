from django.apps import AppConfig


class Books(AppConfig):
    name = "sudapos.books"
    label = "books"
