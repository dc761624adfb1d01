// Badly laid out, on purpose: clang-format must say so.
int   add( int a,int b )
{
      return a+b ; }
